import { SpyglassConfig } from '@spyglass/process/config'
import { expect, test } from 'vitest'
import type { Incident } from '../../../collector/src/alert/incident.ts'
import { pageOf } from '../../../collector/src/alert/page-of.ts'
import { holder, POOL } from './incidents.ts'

const incident: Incident = {
  id: '00112233aabbccdd',
  rule: 'PoolExhausted',
  severity: 'critical',
  resource: POOL,
  state: 'firing',
  summary: 'it is exhausted',
  since: Date.UTC(2026, 0, 2, 3, 4, 5),
  heardAt: 0,
  dueAt: 0,
  open: [],
  settleMs: 0,
  announced: 'nothing',
  holders: [holder],
  changes: [],
  attributes: { max: 2 },
}

test('a page has the documented members, and its links lead to the public address', () => {
  const config = SpyglassConfig.parse({ server: { name: 'shop-prod' }, console: { publicUrl: 'https://apm.example/' } })
  expect(pageOf(incident, 'firing', config, 0)).toEqual({
    version: '1',
    status: 'firing',
    incidentId: '00112233aabbccdd',
    rule: 'PoolExhausted',
    severity: 'critical',
    summary: 'it is exhausted',
    server: 'shop-prod',
    resource: POOL,
    startsAt: '2026-01-02T03:04:05.000Z',
    holders: [{ ...holder, link: `https://apm.example/#/trace/${holder.traceId}` }],
    links: {
      console: 'https://apm.example/#/alerts?incident=00112233aabbccdd',
      resource: 'https://apm.example/#/pools',
      trace: `https://apm.example/#/trace/${holder.traceId}`,
    },
    changes: [],
    attributes: { max: 2 },
  })
})

test('only a resolved page has an end, and without a trace there is no link to one', () => {
  const config = SpyglassConfig.parse({})
  const page = pageOf({ ...incident, resolvedAt: incident.since + 1000, holders: [] }, 'resolved', config, 0)
  expect(page.endsAt).toBe('2026-01-02T03:04:06.000Z')
  expect(page.links).not.toHaveProperty('trace')
})

test('a reminder says for how long, and the end how long it took', () => {
  const config = SpyglassConfig.parse({})
  const reminder = pageOf(incident, 'reminder', config, incident.since + 240_000)
  expect(reminder.summary).toBe('Still firing after 4 min. it is exhausted')
  const resolved = pageOf({ ...incident, resolvedAt: incident.since + 15_000 }, 'resolved', config, 0)
  expect(resolved.summary).toBe('Recovered after 15 s. it is exhausted')
})
