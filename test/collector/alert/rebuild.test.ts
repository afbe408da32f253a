import { createLogger } from '@spyglass/process/logger'
import type { SpyglassEvent } from '@spyglass/agent/contract'
import { expect, test } from 'vitest'
import { Evaluator } from '../../../collector/src/alert/evaluator.ts'
import { EventSource } from '../../../collector/src/alert/event-source.ts'
import type { Incident } from '../../../collector/src/alert/incident.ts'
import { startRebuild } from '../../../collector/src/alert/rebuild.ts'
import type { QueryClient, Row } from '../../../collector/src/query/index.ts'
import { SpyglassConfig } from '@spyglass/process/config'
import { down, eventOf, exhausted, holder, INSTANCE, POOL, recovered } from './incidents.ts'

const NOW = 1_800_000_000_000

const rowOf = ({ time, name, incidentId, phase, severity, resource, message, attributes, holders }: SpyglassEvent): Row => ({
  time,
  name,
  incidentId,
  phase,
  severity,
  resource,
  message,
  attributes,
  holders: holders ? JSON.stringify(holders) : '',
})

const firing = (id: string, rule: string, resource: string, time: number): SpyglassEvent =>
  eventOf('spyglass.alert.firing', resource, {
    incidentId: id,
    time,
    message: `${rule} pages: it is bad`,
    attributes: { rule, severity: 'warning' },
  })
const resolved = (id: string, rule: string, resource: string, time: number): SpyglassEvent =>
  eventOf('spyglass.alert.resolved', resource, { incidentId: id, time, attributes: { rule } })

/** Rebuilds from these events, as the store gives them: newest first. */
async function rebuilt(stored: readonly SpyglassEvent[], known: Incident[] = [], refusals = 0) {
  const incidents = known
  const transitions: string[] = []
  const evaluator = new Evaluator({
    incidents,
    save: () => {},
    onTransition: ({ id }, to) => transitions.push(`${id} ${to}`),
    now: () => NOW,
  })
  const { alerting } = SpyglassConfig.parse({})
  const source = new EventSource({ alerting, evaluator, crashes: {}, now: () => NOW })
  const resumed: string[] = []
  const rows = stored.toSorted((a, b) => b.time - a.time).map(rowOf)
  const query: QueryClient = {
    rows: async () => {
      if (refusals-- > 0) throw new TypeError('the store is not there yet')
      return rows
    },
    stop: async () => {},
  }
  const logger = createLogger({ process: 'test', level: 'silent' })
  const { done, stop } = startRebuild({
    query,
    evaluator,
    source,
    logger,
    announcer: { resume: ({ id }) => resumed.push(id) },
    retryMs: 5,
    now: () => NOW,
  })
  await done
  stop()
  evaluator.stop()
  return { incidents, transitions, resumed }
}

test('an alert that fired and did not resolve is firing again, with what its events say, and pages nobody a second time', async () => {
  const { incidents, transitions, resumed } = await rebuilt([
    exhausted('p', { time: NOW - 60_000, attributes: { limit: 4 } }),
    firing('p', 'PoolExhausted', POOL, NOW - 50_000),
  ])
  expect(incidents).toMatchObject([
    {
      id: 'p',
      rule: 'PoolExhausted',
      resource: POOL,
      severity: 'warning',
      state: 'firing',
      announced: 'firing',
      summary: 'it is bad',
      since: NOW - 60_000,
      firedAt: NOW - 50_000,
      open: ['p'],
      holders: [holder],
      attributes: { limit: 4 },
    },
  ])
  expect(incidents[0]!.observed).toBeUndefined()
  expect([transitions, resumed]).toEqual([[], ['p']])
})

test('what has resolved, cleared or was a note stays closed', async () => {
  const { incidents } = await rebuilt([
    exhausted('a', { time: NOW - 90_000 }),
    firing('a', 'PoolExhausted', POOL, NOW - 80_000),
    recovered('a', { time: NOW - 70_000 }),
    resolved('a', 'PoolExhausted', POOL, NOW - 70_000),
    exhausted('b', { time: NOW - 60_000 }),
    recovered('b', { time: NOW - 50_000 }),
    eventOf('spyglass.pool.leak', POOL, { time: NOW - 40_000 }),
  ])
  expect(incidents).toEqual([])
})

test('what was raised and had not paged is evaluated again, after a time in which it may clear', async () => {
  const { incidents, transitions } = await rebuilt([down('d', { time: NOW - 3000 }), exhausted('e', { time: NOW - 2000 })])
  expect(incidents.map(({ id, state }) => [id, state])).toEqual([
    ['d', 'pending'],
    ['e', 'firing'],
  ])
  expect(transitions).toContain('d pending')
  expect(incidents[0]!.dueAt).toBeGreaterThanOrEqual(NOW + 5000)
})

test('an alert of a rule over rollups clears by its resource', async () => {
  const { incidents } = await rebuilt([firing('r', 'ErrorRateHigh', 'spyglass:type=Service,name=shop', NOW - 1000)])
  expect(incidents).toMatchObject([{ id: 'r', observed: true, state: 'firing' }])
})

test('what the copy of the state still knows is not doubled', async () => {
  const { incidents } = await rebuilt([firing('p', 'PoolExhausted', POOL, NOW - 1000)])
  const again = await rebuilt([firing('p', 'PoolExhausted', POOL, NOW - 1000), firing('q', 'PoolExhausted', POOL, NOW - 500)], incidents)
  expect(again.incidents.map(({ id }) => id)).toEqual(['p'])
})

test('events of a later version are passed over, and the store is waited for', async () => {
  const unknown = { ...down('u', { time: NOW - 1000 }), name: 'spyglass.future.thing' as SpyglassEvent['name'] }
  const { incidents } = await rebuilt([unknown, firing('i', 'InstanceDown', INSTANCE, NOW - 500)], [], 3)
  expect(incidents.map(({ id }) => id)).toEqual(['i'])
})
