import { expect, test } from 'vitest'
import { AttributeReader, Found } from '../../../collector/src/decode/attributes.ts'
import { MapColumn } from '../../../collector/src/native/columns.ts'
import { Origin, RepeatedText, walkScope } from '../../../collector/src/decode/origin.ts'
import { ProtoReader } from '../../../collector/src/decode/proto-reader.ts'
import { findFixed64, secondsAt, timeWindow } from '../../../collector/src/decode/time-window.ts'
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
  origin.beginResource(new MapColumn())
  origin.readResource(new AttributeReader(reader), body.length)
  expect(origin).toMatchObject({ service: 'shop', instance: 'http-1', aggregates: true })
})

test('nested values are written as JSON, bytes as base64, no value as an empty text', () => {
  const body = resourceOf([
    { key: 'list', value: { arrayValue: { values: [{ intValue: 1 }, { doubleValue: 0.5 }, { boolValue: false }, {}] } } },
    { key: 'map', value: { kvlistValue: { values: [{ key: 'a', value: { stringValue: 'b' } }] } } },
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
  expect(Object.fromEntries(pairs)).toEqual({ list: '[1,0.5,false,""]', map: '{"a":"b"}', bytes: 'aGk=', none: '', nan: 'NaN' })
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
  walkScope(reader, body.length, {
    scope: () => order.push('scope'),
    schema: (url) => order.push(url),
    item: () => order.push('item'),
  })
  expect(order).toEqual(['scope', 'A', 'item'])
})

test('a text that stands in every row is written in each', () => {
  const map = new MapColumn()
  const text = new RepeatedText()
  text.set('é')
  text.row(map.values)
  expect(map.values.data.length).toBe(3)
})

test('the time window reaches from the retention to an hour ahead', () => {
  expect(timeWindow(1e12, 7)).toEqual({ from: 1e9 - 604_800, to: 1e9 + 3600 })
  const body = Buffer.alloc(11)
  body.set([16, 1, 57])
  body.writeBigUInt64LE(1_500_000_000n, 3)
  const reader = new ProtoReader(body)
  expect(secondsAt(reader, findFixed64(reader, 57, 11))).toBe(1.5)
  expect(findFixed64(reader, 9, 11)).toBe(-1)
  expect(reader.pos).toBe(0)
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
