import { expect, test } from 'vitest'
import { Decider } from '../../../runtime/src/decider/decider.ts'
import type { Reporter } from '../../../runtime/src/decider/reporter.ts'
import type { ProcessPlan, ServerPlan } from '../../../runtime/src/decider/server-plan.ts'
import type { Order, Report } from '../../../runtime/src/holder/orders.ts'
import { processOf } from './reconciler/world.ts'

const shop: ProcessPlan = {
  process: { ...processOf('shop-1'), listeners: [] },
  launch: { name: 'shop-1', script: '', args: [], execArgv: [], env: {}, listeners: {}, hasChannel: true },
}
const plan = {
  processes: [shop],
  listeners: [],
  ports: [],
  routing: {},
  addresses: {},
  disabled: [],
  sockets: [],
  prepare() {},
} as unknown as ServerPlan
const reporter = new Proxy(
  { memo: { isReady: false, lastReasons: [], openIncidents: [] } },
  { get: (own, name) => Reflect.get(own, name) ?? (() => {}) },
)

function decider() {
  const forks: (Order & { do: 'fork' })[] = []
  const order = (given: Order): void => void (given.do === 'fork' && forks.push(given))
  return { forks, decider: new Decider({ plan, order, reporter: () => reporter as unknown as Reporter }) }
}

const state = (children: (Report & { type: 'state' })['children'] = []): Report => ({
  type: 'state',
  memo: undefined,
  children,
  listeners: [],
  isStopping: false,
  pid: 1,
})

test('nothing is started before the holder has said what runs, however late that comes: it would run twice', () => {
  const first = decider()
  first.decider.tick()
  first.decider.replan(plan)
  expect(first.forks).toEqual([])
  first.decider.onReport(state())
  expect(first.forks.map(({ launch }) => launch.name)).toEqual(['shop-1'])

  const next = decider()
  next.decider.tick()
  next.decider.onReport(state([{ id: 1, pid: process.pid, label: first.forks[0]?.label }]))
  next.decider.tick()
  expect(next.forks).toEqual([])
})
