import { shippedRules } from '@spyglass/dashboards'
import { expect, test } from 'vitest'
import type { Incident } from '../../../../collector/src/alert/index.ts'
import { incidentFile } from '../../../../collector/src/console/incident/incident-file.ts'
import { incidentRoom, type IncidentRoomOptions } from '../../../../collector/src/console/incident/incident-room.ts'
import type { Row } from '../../../../collector/src/query/index.ts'
import { holder, POOL } from '../../alert/incidents.ts'

const START = Date.UTC(2026, 0, 2, 3, 4, 5)
const NOW = START + 60_000
const incident = {
  id: '1',
  rule: 'PoolExhausted',
  severity: 'critical',
  resource: POOL,
  state: 'firing',
  summary: 'it is exhausted',
  since: START,
  heardAt: START,
  dueAt: START,
  open: ['1', '2'],
  settleMs: 0,
  announced: 'firing',
  holders: [holder],
  changes: [],
  attributes: {},
} satisfies Incident

type Answers = Readonly<Record<string, readonly Row[] | Error>>

/** A store with these answers; `asked` are the questions. */
function world(answers: Answers, incidents: readonly Incident[] = [incident]) {
  const asked: { name: string; parameters: Readonly<Record<string, string | number>> }[] = []
  const options: IncidentRoomOptions = {
    query: {
      async rows(name, { parameters }) {
        asked.push({ name, parameters })
        const answer = answers[name] ?? []
        if (answer instanceof Error) throw answer
        return answer
      },
    },
    alerting: { incidents: () => incidents, silencesAbout: () => [], waiting: () => [], rules: shippedRules() },
    now: () => NOW,
  }
  return { options, asked, of: (name: string) => asked.find((one) => one.name === name)?.parameters }
}

const services = [{ service: 'shop', instances: ['http-1@9f8e7d6c'], errors: 3 }]
const poolRow = (ms: number, active: number, instance = 'http-1@9f8e7d6c'): Row => ({
  time: START + ms,
  instance,
  pool: 'shop',
  active,
  waiting: 1,
  max: 8,
})

test('an incident has the time range of its own, and the events of all its ids', async () => {
  const { options, of } = world({ services, 'pool-series': [poolRow(0, 8), poolRow(0, 1, 'http-2@9f8e7d6c')] })
  const room = await incidentRoom('2', options)
  expect(of('incident-events')?.['incident']).toBe('2,1')
  expect(of('events')).toMatchObject({ from: '2026-01-02 02:04:05.000', to: '2026-01-02 03:05:05.000' })
  expect(of('incident-logs')).toMatchObject({ instance: 'http-1', service: '', from: '2026-01-02 03:03:05.000' })
  expect(of('red-totals')).toMatchObject({ service: 'shop' })
  expect(room).toMatchObject({
    service: 'shop',
    incident: { id: '1', state: 'firing' },
    rule: { runbook: 'docs/runbooks/pool-exhausted.md', runbookLink: '/runbooks/pool-exhausted' },
  })
  expect(room?.signal).toEqual({
    title: 'Connections of the pool shop',
    unit: '',
    times: [START],
    series: [
      { label: 'lent', values: [8] },
      { label: 'waiting', values: [1] },
    ],
    threshold: { label: 'all connections', value: 8 },
  })
  expect(room).not.toHaveProperty('incident.present')
})

test('the signal of a declared rule has its threshold: of a service, of a metric, of a ratio of two', async () => {
  const of = (rule: string, resource: string): Incident => ({ ...incident, rule, resource })
  const signalOf = async (one: Incident, answers: Answers) => (await incidentRoom('1', world(answers, [one]).options))?.signal
  const service = 'spyglass:type=Service,name=shop'
  const red = [{ time: START, requests: 200, errors: 20, errorRatio: 0.1, p95: 900 }]
  expect(await signalOf(of('ErrorRateHigh', service), { 'red-series': red })).toMatchObject({
    unit: '1',
    series: [{ values: [0.1] }],
    threshold: { label: 'ErrorRateHigh', value: 0.05 },
  })
  const loop = of('EventLoopBlocked', 'spyglass:type=EventLoop,process=http-1')
  expect(await signalOf(loop, { 'metric-series': [{ time: START, value: 2 }] })).toMatchObject({
    title: 'delayP99 of http-1',
    series: [{ values: [2] }],
    threshold: { label: 'EventLoopBlocked' },
  })
  // its own number is not stored: the pool's are shown, of which its threshold says nothing
  expect(await signalOf(of('PoolWaitHigh', POOL), { 'pool-series': [poolRow(0, 8)] })).toMatchObject({
    threshold: { label: 'all connections', value: 8 },
  })
  const heap = await signalOf(of('HeapNearLimit', 'spyglass:type=V8Heap,process=http-1'), { 'metric-series': [{ time: START, value: 4 }] })
  expect(heap).toMatchObject({ unit: '1', series: [{ values: [1] }] })
  expect(await signalOf(of('InstanceDown', 'spyglass:type=Instance,name=http-1'), { services, 'red-series': red })).toMatchObject({
    title: 'Requests of shop',
    series: [{ values: [200] }, { values: [20] }],
  })
  expect(await signalOf(of('StoreStuck', 'spyglass:type=Store,name=store'), {})).toBeUndefined()
})

test('what the store does not say is named, and the rest is shown; an unknown id is undefined, or why it may be unknown', async () => {
  const away = Object.assign(new Error('away'), { code: 'SPY_QUERY_UNREACHABLE' })
  const room = await incidentRoom('1', world({ events: away }).options)
  expect(room?.problems).toEqual([{ part: 'changes', code: 'SPY_QUERY_UNREACHABLE', message: 'away' }])
  expect(room?.timeline).toMatchObject([{ type: 'raise' }])
  expect(await incidentRoom('9', world({}).options)).toBeUndefined()
  await expect(incidentRoom('9', world({ 'incident-events': away }).options)).rejects.toBe(away)
})

test('the file about an incident holds its evidence as text, nothing that runs or loads, and no secret', async () => {
  const evil = '<script>alert(1)</script><img src="https://evil.example/x">'
  const log = { time: START, severity: 'ERROR', body: `${evil} password=hunter2hunter2`, traceId: '' }
  const { options } = world({ services, 'incident-logs': [log], 'pool-series': [poolRow(-60_000, 2), poolRow(0, 8)] }, [
    { ...incident, summary: `it is exhausted ${evil}`, acknowledged: { by: 'mara', at: NOW, note: 'token=abcdef0123456789abcdef' } },
  ])
  const room = await incidentRoom('1', options)
  const file = incidentFile(room!, { server: 'west', now: NOW })
  expect(file).toContain('<title>PoolExhausted of west</title>')
  expect(file).toContain('src/leak.js:12')
  expect(file).toContain('docs/runbooks/pool-exhausted.md')
  expect(file).toContain('&lt;script&gt;alert(1)')
  expect(file).toMatch(/<path d="M\d+(\.\d)? \d+(\.\d)?L/)
  const tags = (file.match(/<[^>]*>/g) ?? []).join('\n') // what is escaped is no tag
  expect(tags).not.toMatch(/<(script|img|link|iframe|a)\b|\s(src|href|on\w+)=/i)
  expect(file).not.toMatch(/url\(|@import/)
  expect(file).not.toContain('hunter2')
  expect(file).not.toContain('abcdef0123456789')
})

test('in Chinese the rule, the headings of the file and its language are Chinese', async () => {
  const { options } = world({ services })
  const room = await incidentRoom('1', { ...options, language: 'zh' })
  expect(room?.rule).toMatchObject({ name: 'PoolExhausted', text: expect.stringContaining('连接池') as string })
  const file = incidentFile(room!, { server: 'west', language: 'zh', now: NOW })
  expect(file).toContain('<html lang="zh-CN">')
  for (const heading of ['<title>west：PoolExhausted</title>', '<h2>经过</h2>', '<h2>处置方法</h2>', '<dt>开始时间</dt>'])
    expect(file).toContain(heading)
})
