import { expect, test } from 'vitest'
import {
  type Actual,
  becameReady,
  becameUnhealthy,
  beganWaiting,
  ended,
  nothing,
  started,
} from '../../../runtime/src/decider/reconciler/index.ts'
import { selfReport } from '../../../runtime/src/decider/self-report.ts'
import type { ProcessPlan, ServerPlan } from '../../../runtime/src/decider/server-plan.ts'
import { statusLines } from '../../../runtime/src/cli/status.ts'
import { processOf } from './reconciler/world.ts'

const shop: ProcessPlan = {
  process: processOf('shop-1'),
  launch: { name: 'shop-1', script: '', args: [], execArgv: [], env: {}, listeners: { http: 'http' }, hasChannel: true },
  applications: [{ name: 'shop', contextPath: '/shop', folder: '/apps/shop' }],
}
const applicationsIn = (actual: Actual): readonly unknown[] => {
  const plan = { serverName: 'test', serverId: 'id', version: '0', processes: [shop], disabled: [] } as unknown as ServerPlan
  const { resources } = selfReport({ plan, actual, startedAt: 0, now: 1000, pids: new Map(), holderPid: 1 })
  return resources.flatMap(({ kind, keys, values }) => (kind === 'application' ? [[keys, values['state'], values['folder']]] : []))
}

test('an application is shown while it has no process: while it starts for the first time, and after it has failed', () => {
  const keys = { instance: 'shop-1', name: 'shop' }
  const starting = started(nothing, shop.process as never, 1, 0)
  expect(applicationsIn(starting)).toEqual([[keys, 'loading', '/apps/shop']])
  expect(applicationsIn(becameReady(starting, 1))).toEqual([]) // it shows itself
  expect(applicationsIn(ended(starting, 1, { reason: 'broken', at: 5 }))).toEqual([[keys, 'failed', '/apps/shop']])
})

test('the kind of the last failure is a state of its own, for those who count and alert', () => {
  const kindOf = (actual: Actual): unknown => {
    const plan = { serverName: 'test', serverId: 'id', version: '0', processes: [shop], disabled: [] } as unknown as ServerPlan
    const { resources } = selfReport({ plan, actual, startedAt: 0, now: 1000, pids: new Map(), holderPid: 1 })
    return resources.find(({ kind }) => kind === 'instance')?.values['lastFailureKind']
  }
  const serving = becameReady(started(nothing, shop.process as never, 1, 0), 1)
  expect(kindOf(serving)).toBe('none')
  expect(kindOf(ended(serving, 1, { reason: 'killed by SIGSEGV', kind: 'signal', at: 5 }))).toBe('signal')
  expect(kindOf(becameUnhealthy(serving, 1, 'bad', 5))).toBe('unhealthy')
})

test('an application that is disabled is listed as such, though no instance hosts it', () => {
  const off = { instance: 'off-1', name: 'off', contextPath: '/off', folder: '/apps/off' }
  const plan = { serverName: 'test', serverId: 'id', version: '0', processes: [], disabled: [off] } as unknown as ServerPlan
  const { resources } = selfReport({ plan, actual: nothing, startedAt: 0, now: 1000, pids: new Map(), holderPid: 1 })
  expect(resources.slice(1)).toEqual([
    { kind: 'application', keys: { instance: 'off-1', name: 'off' }, values: { ...off, state: 'disabled' } },
  ])
  const [resource] = resources.slice(1).map(({ kind, values }) => ({ name: 'application.off-1.off', kind, values }))
  expect(statusLines(resource ? [resource as never] : [])).toEqual(['application off  disabled  at /off'])
})

test('a start that takes long says what it waits for and until when, also while the generation before it serves', () => {
  const told = (actual: Actual, now: number): unknown => {
    const plan = { serverName: 'test', serverId: 'id', version: '0', processes: [shop], disabled: [] } as unknown as ServerPlan
    const { resources } = selfReport({ plan, actual, startedAt: 0, now, pids: new Map(), holderPid: 1 })
    return resources.find(({ kind }) => kind === 'instance')?.values['startProgress']
  }
  const starting = started(nothing, shop.process as never, 1, 0)
  const waiting = beganWaiting(starting, 1, { application: 'shop', timeoutMs: 30_000 })
  expect(told(waiting, 2999)).toBeUndefined()
  expect(told(starting, 12_400)).toBe('generation 1 is starting, for 12 s: its programs are being loaded')
  expect(told(waiting, 12_400)).toContain('has not listened for 12 s: shop has run')
  expect(told(waiting, 12_400)).toContain('it fails after 30 s (startTimeoutMs)')
  expect(told(becameReady(waiting, 1), 12_400)).toBeUndefined()
  const reload = beganWaiting(started(becameReady(starting, 1), shop.process as never, 2, 1000), 2, {
    application: 'shop',
    timeoutMs: 30_000,
  })
  expect(told(reload, 8000)).toContain('generation 2 is starting, has not listened for 7 s')
  const values = { name: 'shop-1', state: 'starting', startProgress: told(waiting, 4000) }
  expect(statusLines([{ name: 'instance.shop-1', kind: 'instance', values } as never])[1]).toContain('has not listened for 4 s: shop')
})
