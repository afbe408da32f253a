import { expect, test } from 'vitest'
import { Aggregates } from '../../../agent/src/aggregate/aggregates.ts'
import { StatementShapes } from '../../../agent/src/sql/statement-shapes.ts'

const shapes = new StatementShapes()

test('requests are counted by method, route and status', () => {
  const aggregates = new Aggregates(0)
  aggregates.countRequest({ method: 'GET', route: '/orders/:id', status: 200 }, 0.1, 1)
  aggregates.countRequest({ method: 'GET', route: '/orders/:id', status: 503 }, 0.2, 1)
  aggregates.countRequest({ method: 'BREW', route: '', status: 0 }, 0.3, 1)
  expect([aggregates.requests, aggregates.errors]).toEqual([3, 1])
  const [metric] = aggregates.collect(10)
  expect(metric).toMatchObject({ name: 'http.server.request.duration', unit: 's', type: 'exponentialHistogram', temporality: 'delta' })
  expect(metric?.points.map((point) => point.attributes)).toEqual([
    { 'http.request.method': 'GET', 'http.route': '/orders/:id', 'http.response.status_code': 200 },
    { 'http.request.method': 'GET', 'http.route': '/orders/:id', 'http.response.status_code': 503, 'error.type': '503' },
    { 'http.request.method': '_OTHER' },
  ])
})

test('requests of one route count by what differs between them, one after the other', () => {
  const aggregates = new Aggregates(0)
  const [ok, failed, put] = [
    { method: 'GET', route: '/r', status: 200 },
    { method: 'GET', route: '/r', status: 408, errorType: 'request_body_timeout' },
    { method: 'PUT', route: '/r', status: 200 },
  ]
  for (const each of [ok, failed, put, ok, ok, failed]) aggregates.countRequest(each, 0.1, 1)
  expect(aggregates.collect(10)[0]?.points.map((point) => 'count' in point && point.count)).toEqual([3, 2, 1])
})

test('a series that was forgotten while it was idle starts again', () => {
  const aggregates = new Aggregates(0)
  const request = { method: 'GET', route: '/r', status: 200 }
  aggregates.countRequest(request, 0.1, 1)
  for (let interval = 0; interval < 40; interval++) aggregates.collect(interval)
  aggregates.countRequest(request, 0.1, 1)
  expect(aggregates.collect(50)[0]?.points).toMatchObject([{ count: 1 }])
})

test('statements are counted by digest, pool and error', () => {
  const aggregates = new Aggregates(0)
  const shape = shapes.of('SELECT 1', 'postgresql')
  aggregates.countStatement({ shape, system: 'postgresql', pool: 'shop', seconds: 0.1, errorType: '' })
  aggregates.countStatement({ shape, system: 'postgresql', pool: 'shop', seconds: 0.1, errorType: '23505' })
  const [metric] = aggregates.collect(10)
  expect(metric?.points.map((point) => point.attributes)).toMatchObject([
    {
      'spyglass.sql.digest': shape.digest,
      'db.query.text': 'SELECT ?',
      'db.client.connection.pool.name': 'shop',
      'db.operation.name': 'SELECT',
    },
    { 'error.type': '23505' },
  ])
})

test('calls to other services are counted by peer', () => {
  const aggregates = new Aggregates(0)
  aggregates.countClient({ origin: 'https://pay.example', method: 'POST', status: 502, seconds: 1, errorType: '' })
  const [metric] = aggregates.collect(10)
  expect(metric?.points[0]?.attributes).toEqual({
    'http.request.method': 'POST',
    'server.address': 'pay.example',
    'server.port': 443,
    'http.response.status_code': 502,
    'error.type': '502',
  })
})

test('systems beyond the bound share one table instead of growing', () => {
  const aggregates = new Aggregates(0)
  for (let n = 0; n < 100; n++) {
    aggregates.countStatement({ shape: shapes.of('SELECT 1', ''), system: `system-${n}`, pool: '', seconds: 1, errorType: '' })
  }
  expect(aggregates.collect(1)[0]?.points.reduce((sum, point) => sum + Number('count' in point && point.count), 0)).toBe(100)
})

test('a route’s own threshold is its 99th percentile, once enough is known', () => {
  const aggregates = new Aggregates(0)
  const count = (seconds: number) => aggregates.countRequest({ method: 'GET', route: '/r', status: 200 }, seconds, 1)
  for (let n = 0; n < 200; n++) expect(count(n < 190 ? 0.2 : 0.5)).toBe(0)
  aggregates.collect(1)
  expect(count(0.1)).toBeGreaterThan(450)
  expect(count(0.1)).toBeLessThanOrEqual(500)
})

test('the 95th percentile is of the last minute', () => {
  const aggregates = new Aggregates(0)
  for (let n = 0; n < 100; n++) aggregates.countRequest({ method: 'GET', route: '', status: 200 }, 2, 5000)
  expect(aggregates.p95(6000)).toBeCloseTo(2, 1)
  expect(aggregates.p95(80_000)).toBeUndefined()
})
