import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { bucketIndex } from '@spyglass/agent/contract'
import { digestOf } from '@spyglass/agent/sql'
import { addHistogram, addSeconds, type Buckets } from '../../../collector/src/rollup/buckets.ts'
import { RollupBuilder } from '../../../collector/src/rollup/rollup-builder.ts'
import { readNative } from '../../support/native.ts'

const origin = { server: 'a', application: 'shop', service: 's', instance: 'i', version: '1.4', minute: 1_800_000_000 }
const sum = (buckets: Buckets): number => [...buckets.values()].reduce((total, count) => total + count, 0)
const rowsOf = (builder: RollupBuilder): Record<string, unknown>[] => builder.finish().flatMap((block) => readNative(block.encode('b')))
const noValue = (): string => ''

test('a histogram of any scale keeps its count', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -4, max: 20 }),
      fc.integer({ min: -2000, max: 2000 }),
      fc.array(fc.nat({ max: 1000 }), { maxLength: 200 }),
      fc.nat({ max: 50 }),
      (scale, offset, counts, zeroCount) => {
        const buckets: Buckets = new Map()
        addHistogram(buckets, { scale, offset, counts, zeroCount })
        expect(sum(buckets)).toBe(counts.reduce((total, count) => total + count, zeroCount))
      },
    ),
  )
})

test('a finer bucket falls into the one that holds its values', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1000, noNaN: true }), fc.integer({ min: 4, max: 12 }), (seconds, scale) => {
      const fine = Math.ceil(Math.log2(seconds) * 2 ** scale) - 1
      const buckets: Buckets = new Map()
      addHistogram(buckets, { scale, offset: fine, counts: [1], zeroCount: 0 })
      expect(Math.abs([...buckets.keys()][0]! - bucketIndex(seconds))).toBeLessThanOrEqual(1)
    }),
  )
})

test('a duration of 0 is counted', () => {
  const buckets: Buckets = new Map()
  addSeconds(buckets, 0)
  expect(sum(buckets)).toBe(1)
})

test('server spans and HTTP client spans go to red_1m, one row for each route and status', () => {
  const builder = new RollupBuilder()
  const span = { name: 'GET /x', isServer: true, failed: false, nanos: 1e6, value: noValue }
  builder.span(origin, span)
  builder.span(origin, { ...span, nanos: 3e6 })
  builder.span(origin, { ...span, failed: true })
  builder.span(origin, { ...span, isServer: false, value: (key) => (key === 'http.request.method' ? 'GET' : '') })
  builder.span(origin, { ...span, isServer: false })
  expect(rowsOf(builder)).toMatchObject([
    {
      SpanName: 'GET /x',
      Version: '1.4',
      SpanKind: 'Server',
      StatusCode: 'Unset',
      Requests: 2,
      Errors: 0,
      DurationSum: 4e6,
      DurationMax: 3e6,
    },
    { SpanKind: 'Server', StatusCode: 'Error', Requests: 1, Errors: 1 },
    { SpanKind: 'Client', Requests: 1 },
  ])
})

test('requests are counted by the version of the service', () => {
  const builder = new RollupBuilder()
  const span = { name: 'GET /x', isServer: true, failed: false, nanos: 1e6, value: noValue }
  for (const version of ['1', '2', '2']) builder.span({ ...origin, version }, span)
  expect(rowsOf(builder)).toMatchObject([
    { Version: '1', Requests: 1 },
    { Version: '2', Requests: 2 },
  ])
})

test('database spans go to sql_1m by digest, whatever their literals', () => {
  const builder = new RollupBuilder()
  const statement = (text: string) => (key: string) => (key === 'db.system.name' ? 'postgresql' : key === 'db.query.text' ? text : '')
  for (const text of ['SELECT 1', 'SELECT  2', "select 'x'"]) {
    builder.span(origin, { name: 'q', isServer: false, failed: false, nanos: 1, value: statement(text) })
  }
  expect(rowsOf(builder)).toMatchObject([{ DbSystem: 'postgresql', Calls: 3, Digest: digestOf('SELECT ?') }])
})

test('series beyond the bound are counted together, and none is lost', () => {
  const builder = new RollupBuilder()
  for (let i = 0; i < 6000; i++) builder.span(origin, { name: `GET /${i}`, isServer: true, failed: false, nanos: 1, value: noValue })
  const rows = rowsOf(builder)
  expect(rows.length).toBe(5001)
  expect(rows.reduce((total, { Requests }) => total + Number(Requests), 0)).toBe(6000)
  expect(rows.at(-1)).toMatchObject({ SpanName: '_other', Requests: 1000 })
})

test('a status of 500 or an error type counts as an error, a 404 does not', () => {
  const point = { count: 1, sum: 1, max: 1, scale: 4, offset: 0, counts: [1], zeroCount: 0 }
  const errorsOf = (attributes: [string, string][]): unknown => {
    const builder = new RollupBuilder()
    builder.point('http.server.request.duration', origin, { ...point, attributes: new Map(attributes) })
    return rowsOf(builder)[0]?.['Errors']
  }
  expect(errorsOf([['http.response.status_code', '500']])).toBe(1)
  expect(errorsOf([['error.type', 'aborted']])).toBe(1)
  expect(errorsOf([['http.response.status_code', '404']])).toBe(0)
})

test('client requests are named by method and peer', () => {
  const builder = new RollupBuilder()
  const attributes = new Map([
    ['http.request.method', 'GET'],
    ['server.address', 'api'],
    ['server.port', '443'],
  ])
  builder.point('http.client.request.duration', origin, {
    count: 2,
    sum: 1,
    max: 1,
    scale: 4,
    offset: 0,
    counts: [2],
    zeroCount: 0,
    attributes,
  })
  expect(rowsOf(builder)).toMatchObject([{ SpanName: 'GET api:443', SpanKind: 'Client', Requests: 2 }])
})
