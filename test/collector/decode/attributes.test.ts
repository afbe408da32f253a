import { expect, test } from 'vitest'
import { AttributeReader } from '../../../collector/src/decode/attributes.ts'
import { Found } from '../../../collector/src/decode/found.ts'
import { MapColumn } from '../../../collector/src/native/columns.ts'
import { Origin, RepeatedText, walkGroup } from '../../../collector/src/decode/origin.ts'
import { ItemTime } from '../../../collector/src/decode/item-time.ts'
import { ProtoReader } from '../../../collector/src/decode/proto-reader.ts'
import { reasonOutside, timeWindow } from '../../../collector/src/decode/time-window.ts'
import { TraceTimes } from '../../../collector/src/decode/trace-times.ts'
import { readNative } from '../../support/native.ts'
import { encodeOtlp } from '../../support/otlp-proto.ts'

/** A Resource message with these attributes, out of a request that holds it. */
function resourceOf(attributes: object): Buffer {
  const request = encodeOtlp('Traces', { resourceSpans: [{ resource: { attributes } }] })
  const reader = new ProtoReader(request)
  reader.varint()
  reader.fieldEnd(request.length)
  reader.varint()
  const end = reader.fieldEnd(request.length)
  return request.subarray(reader.pos, end)
}

test('a resource names service and instance, and says whether it sends aggregates', () => {
  const body = resourceOf([
    { key: 'service.name', value: { stringValue: 'shop' } },
    { key: 'service.instance.id', value: { stringValue: 'http-1' } },
    { key: 'spyglass.aggregates', value: { boolValue: true } },
  ])
  const reader = new ProtoReader(body)
  const origin = new Origin()
  origin.beginResource()
  origin.readResource(new AttributeReader(reader), body.length)
  expect(origin).toMatchObject({ service: 'shop', instance: 'http-1', aggregates: true })
})

test('nested values are written as JSON, bytes as base64, no value as null inside a list or map and as an empty text alone', () => {
  const body = resourceOf([
    { key: 'list', value: { arrayValue: { values: [{ intValue: 1 }, { doubleValue: 0.5 }, { boolValue: false }, {}] } } },
    { key: 'map', value: { kvlistValue: { values: [{ key: 'a', value: { stringValue: 'b' } }] } } },
    { key: 'map.empty', value: { kvlistValue: { values: [{ key: 'a' }, { key: 'b', value: {} }] } } },
    { key: 'bytes', value: { bytesValue: Buffer.from('hi') } },
    { key: 'none' },
    { key: 'nan', value: { doubleValue: Number.NaN } },
  ])
  const reader = new ProtoReader(body)
  const attributes = new AttributeReader(reader)
  const pairs: [string, string][] = []
  while (reader.pos < body.length) {
    reader.varint()
    pairs.push(attributes.pair(reader.fieldEnd(body.length)))
  }
  expect(Object.fromEntries(pairs)).toEqual({
    list: '[1,0.5,false,null]',
    map: '{"a":"b"}',
    'map.empty': '{"a":null,"b":null}',
    bytes: 'aGk=',
    none: '',
    nan: 'NaN',
  })
})

test.each([
  ['9007199254740993', '[9007199254740993]'],
  ['-9223372036854775808', '[-9223372036854775808]'],
  ['9223372036854775807', '[9223372036854775807]'],
  ['9007199254740991', '[9007199254740991]'],
])('the whole number %s is a number inside a list and inside a map, and exact', (intValue, written) => {
  const list = { arrayValue: { values: [{ intValue }] } }
  const map = { kvlistValue: { values: [{ key: 'k', value: list }] } }
  const body = resourceOf([{ key: 'map', value: map }])
  const reader = new ProtoReader(body)
  reader.varint()
  expect(new AttributeReader(reader).pair(reader.fieldEnd(body.length))).toEqual(['map', `{"k":${written}}`])
})

test('chosen keys are found where they stand', () => {
  const body = resourceOf([{ key: 'b', value: { stringValue: 'here' } }])
  const reader = new ProtoReader(body)
  const map = new MapColumn()
  const found = new Found(['a', 'b'])
  for (const key of ['a', 'b']) map.keys.stringKey(key)
  reader.varint()
  new AttributeReader(reader).keyValue(map, reader.fieldEnd(body.length), 0, found)
  expect([found.at[0], found.at[2]! > 0]).toEqual([0, true])
  found.clear()
  expect(found.at[2]).toBe(0)
})

test('the scope is read before its items, whatever their order', () => {
  const order: string[] = []
  const body = Buffer.of(18, 0, 10, 0, 26, 1, 65)
  const reader = new ProtoReader(body)
  walkGroup(new AttributeReader(reader), body.length, {
    head: () => order.push('scope'),
    schema: (url) => order.push(url),
    member: () => order.push('item'),
  })
  expect(order).toEqual(['scope', 'A', 'item'])
})

test('a text shared by all rows is written in each', () => {
  const map = new MapColumn()
  const text = new RepeatedText()
  text.set('é')
  text.row(map.values)
  expect(map.values.data.length).toBe(3)
})

test('the time window reaches from the retention to an hour ahead', () => {
  const window = timeWindow(1e12, 7)
  expect(window).toEqual({ from: 1e9 - 604_800, to: 1e9 + 3600, nowMs: 1e12 })
  expect(reasonOutside(window)).toBe('outside the retention of 7 days, or over an hour in the future')
})

test('an item takes the first time that it has, and that of its receipt when it has none', () => {
  const time = new ItemTime()
  const buf = Buffer.alloc(16)
  buf.writeBigUInt64LE(1_500_000_000_000_000_001n, 8)
  expect([time.take(buf, -1), time.take(buf, 0), time.take(buf, 8)]).toEqual([false, false, true])
  expect(time.seconds).toBe(1.5e9)
  expect((BigInt(time.high) << 32n) | BigInt(time.low)).toBe(1_500_000_000_000_000_001n)
  time.takeReceipt(timeWindow(1e12 + 0.5, 7))
  expect(time.isWithin(timeWindow(1e12, 7))).toBe(true)
})

test('the times of a trace reach from its first start to its last end', () => {
  const times = new TraceTimes()
  times.add('a'.repeat(16), 100.5, 101)
  times.add('b'.repeat(16), 50, 51)
  times.add('a'.repeat(16), 99, 103.9)
  times.add('', 1, 2)
  expect(readNative(times.finish().encode('x'))).toEqual([
    { TraceId: '61'.repeat(16), Start: 99, End: 103, Batch: 'x' },
    { TraceId: '62'.repeat(16), Start: 50, End: 51, Batch: 'x' },
  ])
  times.reset()
  expect(times.finish().rows).toBe(0)
})
