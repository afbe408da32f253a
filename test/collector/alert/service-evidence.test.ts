import { shippedRules } from '@spyglass/dashboards'
import { expect, test } from 'vitest'
import { serviceEvidence, usualIn } from '../../../collector/src/alert/service-evidence.ts'
import type { Row } from '../../../collector/src/query/index.ts'
import { POOL } from './incidents.ts'

const MINUTE = 60_000
const SINCE = 1_800_000_000_000 - (1_800_000_000_000 % MINUTE)
const rule = (name: string) => shippedRules().find((one) => one.name === name)

const minutes = (count: number, of: (i: number) => object): Row[] =>
  Array.from({ length: count }, (_, i) => ({ time: SINCE + (i - count + 1) * MINUTE, ...of(i) }))

/** Answers of the store by the name of the query; what was asked is kept. */
function storeOf(answers: Readonly<Record<string, readonly Row[]>>) {
  const asked: string[] = []
  return { asked, rows: async (name: string) => (asked.push(name), answers[name] ?? []) }
}

test('of a service that fails: its failing routes, its exceptions with their traces, and what is usual', async () => {
  const query = storeOf({
    'red-totals': [
      { route: 'GET /ok', requests: 500, errors: 0, p95: 12 },
      { route: 'GET /b', requests: 50, errors: 2, p95: 10 },
      { route: 'GET /a', requests: 90, errors: 27, p95: 900 },
    ],
    errors: [{ type: 'TypeError', message: 'x'.repeat(400), location: 'src/cart.ts:12', errors: 27, traceId: 'a1' }],
    'red-series': minutes(30, (i) => ({ errorRatio: i < 29 ? 0.003 : 0.3 })),
  })
  const asked = { resource: 'spyglass:type=Service,name=cart', since: SINCE }
  const { service, usual } = await serviceEvidence(asked, { query, rule: rule('ErrorRateHigh'), now: SINCE + MINUTE })
  expect(service?.routes).toEqual([
    { route: 'GET /a', requests: 90, errors: 27, p95Ms: 900 },
    { route: 'GET /b', requests: 50, errors: 2, p95Ms: 10 },
  ])
  expect(service?.exceptions).toEqual([
    { type: 'TypeError', message: 'x'.repeat(300), location: 'src/cart.ts:12', count: 27, traceId: 'a1' },
  ])
  expect(service?.statements).toEqual([])
  expect(query.asked).not.toContain('slow-statements') // an error has a place of its own
  expect(usual).toEqual({ what: 'failed requests', unit: '1', now: 0.3, usual: 0.003, limit: 0.05 })
})

test('of a service that is slow: its slowest routes, and its statements with file and line', async () => {
  const query = storeOf({
    'red-totals': [
      { route: 'GET /fast', requests: 500, errors: 0, p95: 12 },
      { route: 'GET /slow', requests: 90, errors: 0, p95: 4000 },
    ],
    'slow-statements': [{ statement: 'SELECT 1', location: 'src/report.ts:9', calls: 30, totalMs: 4200 }],
  })
  const asked = { resource: 'spyglass:type=Service,name=cart', since: SINCE }
  const { service, usual } = await serviceEvidence(asked, { query, rule: rule('LatencyHigh'), now: SINCE })
  expect(service?.routes[0]?.route).toBe('GET /slow')
  expect(service?.statements).toEqual([{ statement: 'SELECT 1', location: 'src/report.ts:9', calls: 30, totalMs: 4200 }])
  expect(usual).toBeUndefined()
})

test('a pool is of the service that its instance serves; without a service nothing is asked of it', async () => {
  const query = storeOf({
    services: [{ service: 'shop', instances: ['http-1@9f8e7d6c'] }],
    'red-totals': [{ route: 'GET /a', requests: 9, errors: 9, p95: 5 }],
  })
  const options = { query, rule: rule('PoolExhausted'), now: SINCE }
  expect((await serviceEvidence({ resource: POOL, since: SINCE }, options)).service?.name).toBe('shop')
  const nobody = storeOf({})
  expect(await serviceEvidence({ resource: POOL, since: SINCE }, { ...options, query: nobody })).toEqual({})
  expect(nobody.asked).not.toContain('red-totals')
})

test('what is usual is the median of the time before; a few minutes say nothing', () => {
  const signal = (values: readonly (number | null)[]) => ({
    title: '',
    unit: '',
    times: values.map((_, i) => SINCE + (i - values.length + 1) * MINUTE),
    series: [{ label: 'lent', values }],
    threshold: { label: 'all', value: 10 },
  })
  expect(usualIn(signal([1, 9, 2, 3, 2, 10]), SINCE)).toEqual({ what: 'lent', unit: '', now: 10, usual: 2, limit: 10 })
  expect(usualIn(signal([1, 1, 2, 3, 2, null]), SINCE)).toEqual({ what: 'lent', unit: '', usual: 2, limit: 10 })
  expect(usualIn(signal([1, 9, 2, 3, 10]), SINCE)).toBeUndefined()
  expect(usualIn({ title: '', unit: '', times: [], series: [] }, SINCE)).toBeUndefined()
})
