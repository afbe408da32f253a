import { SpyglassConfig } from '@spyglass/process/config'
import { expect, test } from 'vitest'
import type { Incident } from '../../../collector/src/alert/incident.ts'
import { pageOf, stopNotice } from '../../../collector/src/alert/page-of.ts'
import { eventOf, holder, POOL } from './incidents.ts'

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
      console: 'https://apm.example/#/incident/00112233aabbccdd',
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

test('each status has its own text: what is wrong, for how long it has been, and what it cost', () => {
  const config = SpyglassConfig.parse({})
  expect(pageOf(incident, 'firing', config, 0).summary).toBe('it is exhausted')
  const reminder = pageOf(incident, 'reminder', config, incident.since + 240_000)
  expect(reminder.summary).toBe('Still firing after 4 min. it is exhausted')
  const resolved = { ...incident, resolvedAt: incident.since + 240_000 }
  expect(pageOf(resolved, 'resolved', config, 0).summary).toBe('Pool shop of http-1 recovered after 4 min.')
  const failed = (failedRequests: number) => pageOf({ ...resolved, failedRequests }, 'resolved', config, 0).summary
  expect(failed(212)).toBe('Pool shop of http-1 recovered after 4 min; 212 requests failed.')
  expect(failed(1)).toBe('Pool shop of http-1 recovered after 4 min; 1 request failed.')
  const afar = { ...resolved, origin: 'east@9f8e7d6c' }
  expect(pageOf(afar, 'resolved', config, 0).summary).toBe('Server east: Pool shop of http-1 recovered after 4 min.')
})

test('a stop of a server is a notice of its own', () => {
  const config = SpyglassConfig.parse({ server: { name: 'shop-prod' }, console: { publicUrl: 'https://apm.example/' } })
  const event = eventOf('spyglass.server.stopping', 'spyglass:type=Server,name=east', { time: Date.UTC(2026, 0, 2), incidentId: 'ab' })
  expect(stopNotice(event, config, 'east')).toMatchObject({
    status: 'notice',
    rule: 'ServerStopping',
    severity: 'info',
    incidentId: 'ab',
    summary: 'Server east was told to stop. It sends nothing until it is started again.',
    server: 'shop-prod',
    startsAt: '2026-01-02T00:00:00.000Z',
  })
})
