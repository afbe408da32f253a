import { expect, test } from 'vitest'
import { historyOf, pardoned, startPatienceMs } from '../../../../runtime/src/decider/reconciler/index.ts'
import { desiredOf, policy, processOf, World } from './world.ts'

const shops = (revision = '1', replicas = 2) => Array.from({ length: replicas }, (_, at) => processOf(`shop-${at + 1}`, { revision }))

function serving(replicas = 2): World {
  const world = new World(desiredOf(shops('1', replicas)))
  world.quiet()
  return world
}

test('listeners are opened before their instances start, and no more start at once than may', () => {
  const world = new World(desiredOf(shops('1', 3)))
  world.settle()
  expect(world.done.map((step) => step.do)).toEqual(['open', 'start', 'start'])
  world.ready('shop-1')
  expect(world.text).toBe('shop-1:ready shop-2:starting shop-3:starting')
})

test('a start that takes long holds up nobody', () => {
  const world = new World(desiredOf(shops('1', 3)))
  world.settle()
  world.pass(5000)
  expect(world.of('shop-3')).toHaveLength(1)
})

test('a listener that cannot be opened is tried again, and nothing starts before', () => {
  const world = new World(desiredOf(shops()))
  world.canOpen = false
  world.settle()
  expect(world.text).toBe('')
  world.canOpen = true
  world.pass(999)
  expect(world.text).toBe('')
  world.pass(1)
  expect(world.text).toBe('shop-1:starting shop-2:starting')
})

test('a new revision replaces one instance of a group after the other; the old one stops when the new one is ready', () => {
  const world = serving().want(desiredOf(shops('2')))
  expect(world.text).toBe('shop-1:ready shop-2:ready shop-1:starting')
  world.ready('shop-1')
  expect(world.text).toBe('shop-1:stopping shop-2:ready shop-1:ready shop-2:starting')
  expect(world.done.at(-2)).toMatchObject({ do: 'stop', deadlineMs: policy.drainMs })
  world.quiet()
  expect([world.serving('shop-1')?.process.revision, world.serving('shop-2')?.process.revision]).toEqual(['2', '2'])
  expect(historyOf(world.actual, 'shop-1')).toMatchObject({ generations: 2, reloads: 1, restarts: 0, failures: 0 })
})

test('a new revision that fails is rejected, and the old one keeps serving in the whole group; the next revision is tried', () => {
  const world = serving().want(desiredOf(shops('2')))
  world.exit('shop-1', 'no such module')
  expect(world.text).toBe('shop-1:ready shop-2:ready')
  expect(historyOf(world.actual, 'shop-1').rejected).toEqual({ revision: '2', reason: 'no such module' })
  world.pass(1_000_000)
  expect(world.text).toBe('shop-1:ready shop-2:ready')
  world.want(desiredOf(shops('3'))).quiet()
  expect(world.serving('shop-2')?.process.revision).toBe('3')
})

test('a successor that is no longer wanted is stopped at once, and the one that serves stays', () => {
  const world = serving(1).want(desiredOf(shops('2', 1)))
  world.want(desiredOf(shops('1', 1)))
  expect(world.text).toBe('shop-1:ready shop-1:stopping')
})

test('a process that cannot overlap is stopped before the next one starts', () => {
  const store = (revision: string) =>
    desiredOf([processOf('store', { kind: 'service', listeners: [], overlaps: false, stage: 0, revision })])
  const world = new World(store('1'))
  world.quiet()
  world.want(store('2'))
  expect(world.text).toBe('store:stopping')
  world.exit('store')
  expect(world.text).toBe('store:starting')
  world.ready('store')
  expect(historyOf(world.actual, 'store')).toMatchObject({ reloads: 1, failures: 0 })
})

test('a crash is followed by a start after the back-off, which doubles; a healthy life begins a new series', () => {
  const world = serving(1)
  world.pass(20_000).exit('shop-1', 'killed by SIGKILL')
  expect(world.text).toBe('')
  world.pass(99)
  expect(world.text).toBe('')
  world.pass(1).exit('shop-1').pass(199)
  expect(world.text).toBe('')
  world.pass(1)
  expect(world.text).toBe('shop-1:starting')
  world.ready('shop-1').pass(20_000).exit('shop-1').pass(100)
  expect(world.text).toBe('shop-1:starting')
  expect(historyOf(world.actual, 'shop-1')).toMatchObject({ restarts: 3, failures: 1, lastFailure: 'exit code 1' })
})

test('after too many failures in a row a process is in quarantine: tried rarely, at once when an operator asks', () => {
  const world = new World(desiredOf(shops('1', 1)))
  world.settle()
  for (let failures = 0; failures < policy.quarantineAfter; failures++) world.exit('shop-1').pass(failures < 4 ? 10_000 : 0)
  expect(historyOf(world.actual, 'shop-1').failures).toBe(5)
  world.pass(policy.quarantineRetryMs - 1)
  expect(world.of('shop-1')).toHaveLength(0)
  world.actual = pardoned(world.actual, 'shop-1')
  world.settle()
  expect(world.of('shop-1')).toHaveLength(1)
})

test('a slow start is killed, and the next one may take twice as long', () => {
  const world = new World(desiredOf(shops('1', 1)))
  world.settle()
  world.own(1, policy.startPatienceMs)
  expect(world.done.at(-1)).toEqual({ do: 'kill', generation: 1, why: 'slow' })
  world.pass(100).own(2, 2 * policy.startPatienceMs - 1)
  expect(world.text).toBe('shop-1:starting')
  expect(startPatienceMs(policy, 9)).toBe(16 * policy.startPatienceMs)
})

test('a process without a sign of life is killed as hung, and so is one that does not stop', () => {
  const world = serving(1)
  world.own(1, policy.hangPatienceMs)
  expect(world.done.at(-1)).toMatchObject({ do: 'kill', why: 'hung' })
  expect(historyOf(world.actual, 'shop-1').lastFailure).toBe('hung')
  world.quiet()
  world
    .want(desiredOf(shops('2', 1)))
    .ready('shop-1')
    .pass(policy.drainMs + 499)
  expect(world.text).toBe('shop-1:stopping shop-1:ready')
  world.pass(1)
  expect(world.text).toBe('shop-1:ready')
})

test('a listener that has been without an instance for two seconds has a stand-in until one is ready', () => {
  const world = serving(1)
  world.exit('shop-1').pass(100)
  world.pass(1899)
  expect(world.text).toBe('shop-1:starting')
  world.pass(1)
  expect(world.text).toBe('shop-1:starting stand-in-http:starting')
  world.ready('stand-in-http').ready('shop-1')
  expect(world.text).toBe('shop-1:ready stand-in-http:stopping')
})

test('a server that stops: instances together and at once, then services one after the other, then the listeners', () => {
  const service = (name: string, stage: number) => processOf(name, { kind: 'service', listeners: [], overlaps: false, stage })
  const world = new World(desiredOf([service('store', 0), service('management', 2), ...shops('1', 8)]))
  world.quiet()
  world.done.length = 0
  world.want({ ...world.desired, stopping: true })
  expect(world.done).toHaveLength(8)
  expect(world.done.every((step) => step.do === 'stop' && step.deadlineMs === policy.stopMs)).toBe(true)
  for (let left = 8; left > 0; left--) world.exit(`shop-${left}`)
  expect(world.text).toBe('store:ready management:stopping')
  world.exit('management').exit('store')
  expect([world.text, world.actual.listeners]).toEqual(['', []])
})

test('the stop of the server shortens a drain that has begun', () => {
  const world = serving(1)
    .want(desiredOf(shops('2', 1)))
    .ready('shop-1')
  world.want({ ...world.desired, stopping: true })
  expect(world.done.slice(-2)).toEqual([
    { do: 'stop', generation: 1, deadlineMs: policy.stopMs },
    { do: 'stop', generation: 2, deadlineMs: policy.stopMs },
  ])
})

test('fewer replicas: the last ones drain, the others are not touched', () => {
  const world = serving(3).want(desiredOf(shops('1', 1)))
  expect(world.text).toBe('shop-1:ready shop-2:stopping shop-3:stopping')
})

test('a listener that moves: the new address opens, instances follow in turn, the old one closes when nobody uses it', () => {
  const at = (id: string, revision: string) => desiredOf([processOf('shop-1', { listeners: [id], revision })])
  const world = new World(at('a', '1'))
  world.quiet()
  world.want(at('b', '2'))
  expect(world.actual.listeners.map(({ id }) => id)).toEqual(['a', 'b'])
  world.ready('shop-1')
  expect(world.actual.listeners).toHaveLength(2)
  world.endId(1)
  expect(world.actual.listeners.map(({ id }) => id)).toEqual(['b'])
})
