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
  expect(pageOf(incident, 'firing', config, incident.since)).toEqual({
    version: '1',
    language: 'en',
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
      resource: `https://apm.example/#/pools?from=${incident.since - 900_000}&to=${incident.since + 900_000}`,
      trace: `https://apm.example/#/trace/${holder.traceId}`,
      runbook: 'https://apm.example/runbooks/pool-exhausted',
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

test('what failed in the service has links to its traces, in a page about the service as well', () => {
  const config = SpyglassConfig.parse({ console: { publicUrl: 'https://apm.example/' } })
  const exception = { type: 'TypeError', message: 'x is undefined', location: 'src/cart.ts:12', count: 27 }
  const service = {
    name: 'cart',
    routes: [{ route: 'GET /cart', requests: 90, errors: 27, p95Ms: 900 }],
    exceptions: [
      { ...exception, traceId: 'a1' },
      { ...exception, traceId: '' },
    ],
    statements: [],
  }
  const usual = { what: 'failed requests', unit: '1', now: 0.3, usual: 0.01, limit: 0.05 }
  const resource = 'spyglass:type=Service,name=cart'
  const page = pageOf({ ...incident, rule: 'ErrorRateHigh', resource, service, usual }, 'firing', config, incident.since)
  expect(page.service?.exceptions).toEqual([
    { ...exception, link: 'https://apm.example/#/trace/a1' },
    { ...exception, link: '' },
  ])
  expect(page.usual).toEqual(usual)
  expect(page.links.resource).toContain('#/slow?service=cart&from=')
})

test('in Chinese each status has its own text as well', () => {
  const config = SpyglassConfig.parse({ alerting: { language: 'zh' } })
  const zh = (what: Parameters<typeof pageOf>[1], over: Partial<Incident> = {}) =>
    pageOf({ ...incident, ...over }, what, config, incident.since + 240_000)
  expect(zh('firing').language).toBe('zh')
  expect(zh('reminder').summary).toBe('告警已持续 4 分钟。it is exhausted')
  expect(zh('escalation').summary).toBe('已有 4 分钟无人认领。it is exhausted')
  const resolvedAt = incident.since + 240_000
  expect(zh('resolved', { resolvedAt, failedRequests: 212 }).summary).toBe(
    'http-1 的连接池 shop 已恢复，历时 4 分钟，期间 212 个请求失败。',
  )
  expect(zh('resolved', { resolvedAt, origin: 'east@9f8e7d6c' }).summary).toMatch(/^服务器 east：http-1 的连接池 shop 已恢复/)
})
