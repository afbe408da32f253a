/** Each shipped rule on data on which it fires, and on data on which it must not. */
import { shippedRules } from '@spyglass/dashboards'
import { expect, test } from 'vitest'
import { openRuleWorld, resource, type Scene } from './rule-world.ts'

interface Case {
  /** One scene each ten seconds; the rule must fire in the last one. */
  readonly fires: readonly Scene[]
  readonly summary: string
  /** It must not fire in any of these. */
  readonly silent: readonly (readonly Scene[])[]
}

const MIB = 1024 ** 2
const ready = resource('instance', { name: 'shop-1' }, { state: 'ready' })
const process = (kind: string, values: Readonly<Record<string, number>>): Scene => ({
  resources: [ready, resource(kind, { process: 'shop-1' }, values)],
})
const pool = (values: Readonly<Record<string, number>>): Scene => ({
  resources: [ready, resource('datasource', { instance: 'shop-1', name: 'orders' }, values)],
})
const collector = (values: Readonly<Record<string, number>>): Scene => ({
  resources: [resource('collector', { name: 'collector' }, values)],
})
const restarts = (count: number): Scene => ({ resources: [resource('instance', { name: 'shop-1' }, { state: 'ready', restarts: count })] })
const service = (values: Readonly<Record<string, number>>): Scene => ({ services: [{ service: 'shop', ...values }] })
const refusedBy =
  (kind: string) =>
  (refused: number): Scene => ({ resources: [ready, resource(kind, { instance: 'shop-1', name: 'shop' }, { refused })] })
const twice = (valuesAt: (agoMs: number) => Readonly<Record<string, number>>): Scene => ({
  services: (_, agoMs) => [{ service: 'shop', ...valuesAt(agoMs) }],
})
/** Bad ones of a thousand requests in each window of so many minutes, of a hundred in the shorter ones. */
const burning = (member: string, bad: Readonly<Record<number, number>>, load = 1): Scene => ({
  services: (windowMs) => {
    const minutes = windowMs / 60_000
    return [{ service: 'shop', requests: Math.round((minutes >= 60 ? 1000 : minutes >= 30 ? 500 : 100) * load), [member]: bad[minutes] }]
  },
})
const sessions = (values: Readonly<Record<string, number>>): Scene => ({
  resources: [resource('session', { instance: 'session-store', name: 'shop' }, values)],
})
const tls = (values: Readonly<Record<string, number>>): Scene => ({
  resources: [ready, resource('listener', { instance: 'shop-1', name: 'web' }, values)],
})
/** So many looks, ten seconds apart. */
const rising = (looks: number, sceneAt: (look: number) => Scene): readonly Scene[] =>
  Array.from({ length: looks }, (_, look) => sceneAt(look))
const application = (state: string, instance = 'ready', problem = 'no licence'): Scene => ({
  resources: [
    resource('instance', { name: 'shop-1' }, { state: instance }),
    resource('application', { instance: 'shop-1', name: 'shop' }, { state, problem }),
  ],
})

const cases: Readonly<Record<string, Case>> = {
  ErrorRateHigh: {
    fires: [service({ requests: 200, errors: 11 })],
    summary: 'shop: too many requests fail: 5.5 % (11 of 200)',
    silent: [[service({ requests: 200, errors: 10 })], [service({ requests: 99, errors: 99 })], [{}]],
  },
  LatencyHigh: {
    fires: [service({ requests: 100, p95: 1500 })],
    summary: 'Service shop: 5 % of its requests are slower than it should be: 1500 ms',
    silent: [[service({ requests: 100, p95: 1000 })], [service({ requests: 99, p95: 9000 })]],
  },
  Overload: {
    fires: [0, 6, 11].map(refusedBy('application')),
    summary: 'Application shop of shop-1 refuses requests: it has more than it can serve: 11',
    silent: [[0, 6, 10].map(refusedBy('application')), [refusedBy('application')(500)], [7, 0, 8].map(refusedBy('application'))],
  },
  SessionsRefused: {
    fires: [3, 24].map(refusedBy('session')),
    summary: 'Sessions shop of shop-1: the store is full, or a state is too large: 21',
    silent: [[3, 23].map(refusedBy('session')), [refusedBy('session')(30)]],
  },
  LatencyRisen: {
    fires: [twice((agoMs) => ({ requests: 100, p95: agoMs === 0 ? 450 : 220 }))],
    summary: 'Service shop is much slower than yesterday at this time: 450 ms, 220 ms 24 h ago',
    silent: [
      [twice((agoMs) => ({ requests: 100, p95: agoMs === 0 ? 440 : 220 }))],
      [twice((agoMs) => ({ requests: 100, p95: agoMs === 0 ? 200 : 20 }))],
      [twice((agoMs) => ({ requests: agoMs === 0 ? 100 : 99, p95: agoMs === 0 ? 450 : 20 }))],
      [twice((agoMs) => ({ requests: agoMs === 0 ? 99 : 100, p95: agoMs === 0 ? 450 : 20 }))],
    ],
  },
  ErrorBudgetBurn: {
    fires: [burning('errors', { 60: 73, 5: 8, 360: 10, 30: 5 })],
    summary: 'shop: failing requests use up what the objective of 30 days allows: 7.3 % in 60 min (73 of 1000), the objective allows 0.5 %',
    silent: [
      [burning('errors', { 60: 73, 5: 7, 360: 31, 30: 2 })], // it is over: the short window says so
      [burning('errors', { 60: 71, 5: 50, 360: 29, 30: 40 })],
      [burning('errors', { 60: 400, 5: 50, 360: 400, 30: 200 }, 0.49)],
      [{}],
    ],
  },
  LatencyBudgetBurn: {
    fires: [burning('slow', { 60: 100, 5: 2, 360: 61, 30: 31 })],
    summary:
      'Service shop: requests slower than a second use up what the objective of 30 days allows: 6.1 % in 6 h (61 of 1000), the objective allows 1 %',
    silent: [[burning('slow', { 60: 143, 5: 100, 360: 59, 30: 200 })]],
  },
  PoolForecastFull: {
    fires: rising(61, (at) => pool({ activeConnections: 60 + at * 0.25, maxConnections: 100 })),
    summary: 'Pool orders of shop-1 will be exhausted: 75 % now, full in about 17 min',
    silent: [
      rising(62, (at) => pool({ activeConnections: 60 + at * 0.08, maxConnections: 100 })),
      rising(62, (at) => pool({ activeConnections: 20 + at * 0.25, maxConnections: 100 })), // nearly empty
      rising(60, (at) => pool({ activeConnections: 60 + at * 0.25, maxConnections: 100 })), // no trend yet
      rising(90, () => pool({ activeConnections: 100, maxConnections: 100 })), // that it is full is another rule's
      rising(90, () => pool({ activeConnections: 1, maxConnections: 0 })),
    ],
  },
  HeapForecastFull: {
    fires: rising(241, (at) => process('v8Heap', { used: 300 * MIB + at * MIB * 0.3, limit: 500 * MIB })),
    summary: 'The heap of shop-1 will be full: 74.4 % now, full in about 71 min',
    silent: [rising(242, (at) => process('v8Heap', { used: 300 * MIB + at * MIB * 0.1, limit: 500 * MIB }))],
  },
  ServiceSilent: {
    fires: [{ silent: [{ service: 'shop', silentSeconds: 301 }] }],
    summary: 'Service shop reports no longer',
    silent: [[{ silent: [{ service: 'shop', silentSeconds: 300 }] }], [{ silent: [] }]],
  },
  EventLoopBlocked: {
    fires: [process('eventLoop', { delayP99: 0.7 })],
    summary: 'The event loop of shop-1 is blocked: 700 ms',
    silent: [[process('eventLoop', { delayP99: 0.5 })], [process('eventLoop', {})]],
  },
  HeapNearLimit: {
    fires: [process('v8Heap', { used: 460 * MIB, limit: 500 * MIB })],
    summary: 'The heap of shop-1 is nearly full: 92 % (460 MiB of 500 MiB)',
    silent: [[process('v8Heap', { used: 450 * MIB, limit: 500 * MIB })], [process('v8Heap', { used: 450 * MIB, limit: 0 })]],
  },
  GcTimeHigh: {
    fires: [0, 10, 20, 25].map((gcTime) => process('v8Heap', { gcTime })),
    summary: 'Garbage collection takes much of the time of shop-1: 20.8 %',
    silent: [[0, 10, 20, 24].map((gcTime) => process('v8Heap', { gcTime })), [process('v8Heap', { gcTime: 5000 })]],
  },
  PoolWaitHigh: {
    fires: [pool({ waitP95: 1.2 })],
    summary: 'Pool orders of shop-1: borrowers wait long for a connection: 1.2 s',
    silent: [[pool({ waitP95: 1 })], [pool({})]],
  },
  PoolLeakSuspected: {
    fires: [pool({ leakedNow: 1 })],
    summary: 'Pool orders of shop-1: a connection was not returned: 1',
    silent: [[pool({ leakedNow: 0 })]],
  },
  InstanceFlapping: {
    fires: [7, 8, 10].map(restarts),
    summary: 'Instance shop-1 has been restarted again and again: 3',
    // restarts before the first look, and a counter that began again at 0 with the server
    silent: [[restarts(99)], [7, 8, 9].map(restarts), [7, 0, 1].map(restarts)],
  },
  ApplicationFailed: {
    fires: [application('failed')],
    summary: 'Application shop of shop-1 could not be loaded: no licence',
    silent: [[application('started')], [application('disabled')], [application('failed', 'down')]],
  },
  DatasourceFailover: {
    fires: [1, 1, 2].map((failovers) => pool({ failovers })),
    summary: 'Writes of pool orders of shop-1 go to another database than before: 1',
    silent: [[2, 2].map((failovers) => pool({ failovers })), [pool({})]],
  },
  SessionsNearLimit: {
    fires: [sessions({ active: 9100, maxSessions: 10_000 })],
    summary: 'Sessions shop: the store is nearly full: 91 % (9100 of 10000)',
    silent: [[sessions({ active: 9000, maxSessions: 10_000 })], [sessions({ active: 9100 })]],
  },
  CertificateExpires: {
    fires: [tls({ certificateExpiresIn: 1_209_599 })],
    summary: 'A certificate of listener web of shop-1 expires soon: 14 d',
    silent: [[tls({ certificateExpiresIn: 1_209_600 })], [tls({})]],
  },
  DiskForecastFull: {
    fires: rising(241, (at) => collector({ diskUsed: 72e9 + at * 0.02e9, diskSize: 100e9 })),
    summary: 'The disk of the data folder will be full: 76.8 % now, full in about 3 h',
    silent: [rising(242, (at) => collector({ diskUsed: 72e9 + at * 0.005e9, diskSize: 100e9 }))],
  },
  DataLate: {
    fires: [collector({ insertLag: 61 })],
    summary: 'Telemetry reaches the store late: 61 s',
    silent: [[collector({ insertLag: 60 })]],
  },
  StoreStuck: {
    fires: [collector({ insertLag: 601 })],
    summary: 'The store takes in nothing: 601 s',
    silent: [[collector({ insertLag: 600 })]],
  },
  DataDamaged: {
    fires: [0, 2].map((acknowledgedRequestsLost) => collector({ acknowledgedRequestsLost })),
    summary: 'Acknowledged telemetry was lost: 2',
    silent: [[2, 2].map((acknowledgedRequestsLost) => collector({ acknowledgedRequestsLost }))],
  },
  CollectorRefusing: {
    fires: [5, 6].map((requestsRefused) => collector({ requestsRefused })),
    summary: 'The collector refuses telemetry: 1',
    silent: [[5, 5].map((requestsRefused) => collector({ requestsRefused }))],
  },
}

const judgedHere = shippedRules().filter(({ when }) => when.shape !== 'event')

test('every shipped rule that is not about an event has its data', () => {
  expect(Object.keys(cases).sort()).toEqual(judgedHere.map(({ name }) => name).sort())
})

test.each(judgedHere.map((rule) => [rule.name, rule] as const))('%s fires, and names what and how much', async (name, rule) => {
  await using world = await openRuleWorld()
  const { fires, summary } = cases[name]!
  const found = await world.findings(rule, fires)
  expect(found.at(-1)?.map((finding) => finding.summary)).toEqual([summary])
  expect(found.slice(0, -1).flat()).toEqual([])
})

test.each(judgedHere.map((rule) => [rule.name, rule] as const))('%s stays silent where nothing is wrong', async (name, rule) => {
  await using world = await openRuleWorld()
  for (const scenes of cases[name]!.silent) expect((await world.findings(rule, scenes)).flat()).toEqual([])
})
