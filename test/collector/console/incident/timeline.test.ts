import { expect, test } from 'vitest'
import type { Incident } from '../../../../collector/src/alert/index.ts'
import { type KnownEvent, knownIncident } from '../../../../collector/src/console/incident/known-incident.ts'
import { timelineOf } from '../../../../collector/src/console/incident/timeline.ts'
import { holder, POOL } from '../../alert/incidents.ts'

const START = Date.UTC(2026, 0, 2, 3, 4, 5)
const event = (name: string, ms: number, over: Partial<KnownEvent> = {}): KnownEvent => ({
  time: START + ms,
  name: `spyglass.${name}`,
  phase: 'note',
  severity: 'info',
  resource: POOL,
  message: name,
  attributes: {},
  holders: [],
  ...over,
})
const raised = event('pool.exhausted', 0, { phase: 'raise', severity: 'critical', message: 'all are lent', holders: [holder] })
const paged = event('alert.firing', 1000, {
  phase: 'raise',
  message: 'PoolExhausted pages: it is exhausted',
  attributes: { rule: 'PoolExhausted', severity: 'critical' },
})
const cleared = event('pool.recovered', 240_000, { phase: 'clear', message: 'lends again' })

const present = {
  id: '1',
  rule: 'PoolExhausted',
  severity: 'critical',
  resource: POOL,
  state: 'firing',
  summary: 'it is exhausted',
  since: START,
  heardAt: START,
  dueAt: START,
  open: ['1'],
  settleMs: 0,
  announced: 'firing',
  holders: [holder],
  changes: [],
  attributes: {},
} satisfies Incident

const typesOf = (...given: Parameters<typeof timelineOf>): string[] => timelineOf(...given).map(({ type }) => type)

test('an incident that the evaluator has forgotten is known from its events: rule, holders, beginning and end', () => {
  const known = knownIncident('1', undefined, [raised, paged, cleared])
  expect(known).toEqual({
    id: '1',
    rule: 'PoolExhausted',
    severity: 'critical',
    resource: POOL,
    state: 'resolved',
    summary: 'it is exhausted',
    since: START,
    resolvedAt: START + 240_000,
    holders: [holder],
  })
  expect(knownIncident('1', undefined, [])).toBeUndefined()
})

test('without an alert its rule is that of the event that raised it; an event that raises nothing stands alone', () => {
  expect(knownIncident('1', undefined, [raised])).toMatchObject({ rule: 'PoolExhausted', state: 'resolved' })
  expect(knownIncident('2', undefined, [event('instance.reloaded', 0)])).toMatchObject({
    rule: '',
    state: 'event',
    summary: 'instance.reloaded',
  })
  expect(knownIncident('3', undefined, [event('toString', 0, { phase: 'raise' })])).toMatchObject({ rule: '' })
})

test('its story is in order: raise, page, delivery, acknowledgement, note, clear', () => {
  const happened = [
    raised,
    paged,
    event('alert.delivered', 1200, { message: 'on-call has accepted the page: firing' }),
    event('alert.acknowledged', 30_000),
    event('alert.noted', 60_000, { message: 'mara: it was the export' }),
    cleared,
  ]
  const known = knownIncident('1', undefined, happened)!
  expect(typesOf(known, happened)).toEqual(['raise', 'page', 'delivery', 'acknowledgement', 'note', 'clear'])
  expect(typesOf(known, [...happened, ...happened])).toHaveLength(6) // stored twice
})

test('what the store does not have yet comes from the evaluator, and nothing is there twice', () => {
  const acknowledged = { by: 'mara', at: START + 30_000, note: '' }
  const known = knownIncident('1', { ...present, firedAt: START + 1000, acknowledged, escalatedAt: START + 20_000 }, [])!
  expect(typesOf(known, [])).toEqual(['raise', 'page', 'escalation', 'acknowledgement'])
  const told = [{ ...raised, time: START + 40 }, paged, event('alert.acknowledged', 30_010)]
  expect(typesOf(known, told)).toEqual(['raise', 'page', 'escalation', 'acknowledgement'])
})

test('a silence is shown where it began to withhold the pages of the incident, and not outside of it', () => {
  const known = knownIncident('1', { ...present, state: 'resolved', resolvedAt: START + 60_000 }, [])!
  const silence = (from: number, to: number) => ({ startsAt: START + from, endsAt: START + to, createdBy: 'mara', comment: 'known' })
  const shown = (from: number, to: number) => timelineOf(known, [], [silence(from, to)]).filter(({ type }) => type === 'silence')
  expect(shown(-10_000, 600_000)).toEqual([
    { time: START, type: 'silence', text: 'mara silences it until 2026-01-02T03:14:05.000Z: known' },
  ])
  expect(shown(20_000, 600_000)[0]?.time).toBe(START + 20_000)
  expect(shown(-10_000, -5000)).toEqual([])
  expect(shown(90_000, 600_000)).toEqual([])
})
