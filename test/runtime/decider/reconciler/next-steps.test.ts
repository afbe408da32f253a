import { expect, test } from 'vitest'
import { condemned, historyOf, nextSteps, pardoned, startPatienceMs } from '../../../../runtime/src/decider/reconciler/index.ts'
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
  expect(world.done.at(-2)).toMatchObject({ do: 'stop', deadlineMs: policy.drainMs + policy.closeMs })
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

/** The successor is ready, and the one before has ended. */
function takeOver(world: World): void {
  world.ready('shop-1')
  world.endId(world.of('shop-1')[0]!.id)
}

test('an unhealthy process serves until a successor of the same revision is ready; the next of its group waits', () => {
  const world = serving(2)
  const [first, second] = [world.serving('shop-1')!.id, world.serving('shop-2')!.id]
  world.unhealthy(first).unhealthy(second)
  expect(world.text).toBe('shop-1:ready shop-2:ready shop-1:starting')
  world.ready('shop-1')
  expect(world.text).toBe('shop-1:stopping shop-2:ready shop-1:ready shop-2:starting')
  world.quiet()
  expect(world.serving('shop-2')!.id).not.toBe(second)
  expect(historyOf(world.actual, 'shop-1')).toMatchObject({
    replacements: 1,
    reloads: 0,
    restarts: 0,
    lastFailure: 'unhealthy: the probe failed',
  })
})

test('replacements that do not help follow each other ever more slowly, and a healthy life begins a new series', () => {
  const world = serving(1)
  const replace = (): void => void world.unhealthy(world.serving('shop-1')!.id)
  replace()
  takeOver(world)
  for (const pause of [100, 200, 400, 800]) {
    replace()
    world.pass(pause - 1)
    expect(world.of('shop-1')).toHaveLength(1)
    world.pass(1)
    expect(world.of('shop-1')).toHaveLength(2)
    takeOver(world)
  }
  replace()
  world.pass(policy.quarantineRetryMs - 1)
  expect(world.text).toBe('shop-1:ready')
  world.pass(1)
  takeOver(world)
  world.pass(policy.healthyAfterMs + policy.healthDelayMs)
  replace()
  expect(world.text).toBe('shop-1:ready shop-1:starting')
  expect(historyOf(world.actual, 'shop-1')).toMatchObject({ unhealthyInARow: 1, failures: 0 })
})

test('the first replacement of a series never waits, however long the back-off is', () => {
  const patient = { ...policy, backOffFirstMs: 10_000_000, backOffMostMs: 10_000_000 }
  const world = new World(desiredOf([processOf('shop-1', { policy: patient })]))
  world.quiet()
  world.unhealthy(world.serving('shop-1')!.id)
  takeOver(world)
  world.pass(policy.healthyAfterMs + policy.healthDelayMs).unhealthy(world.serving('shop-1')!.id)
  expect(world.text).toBe('shop-1:ready shop-1:starting')
})

test('a successor for the sake of health that fails is tried again, and is not held against its revision', () => {
  const world = serving(1)
  world.unhealthy(world.serving('shop-1')!.id)
  world.exit('shop-1')
  expect(world.text).toBe('shop-1:ready')
  expect(historyOf(world.actual, 'shop-1')).toMatchObject({ lastFailure: 'exit code 1' })
  expect(historyOf(world.actual, 'shop-1').rejected).toBeUndefined()
  world.pass(100)
  expect(world.text).toBe('shop-1:ready shop-1:starting')
})

const broken = (...names: readonly string[]) => names.map((application) => ({ application, message: `${application} is broken` }))

test('a new revision in which an application newly fails does not take over: it is stopped, and rejected for the whole group', () => {
  const world = serving(2)
  world.want(desiredOf(shops('2', 2)))
  world.partly('shop-1', broken('reports'))
  expect(world.text).toBe('shop-1:ready shop-2:ready shop-1:stopping')
  world.exit('shop-1')
  expect(world.text).toBe('shop-1:ready shop-2:ready')
  expect(historyOf(world.actual, 'shop-1')).toMatchObject({
    rejected: { revision: '2', reason: 'reports is broken' },
    lastFailure: 'reports is broken',
    reloads: 0,
  })
  world.want(desiredOf(shops('3', 2))).quiet()
  expect(world.serving('shop-2')!.process.revision).toBe('3')
})

test('what fails already in the generation in service is no reason against its successor, and after a crash anything that runs is welcome', () => {
  const world = new World(desiredOf(shops('1', 1)))
  world.settle()
  world.partly('shop-1', broken('reports')).ready('shop-1')
  world.want(desiredOf(shops('2', 1)))
  world.partly('shop-1', broken('reports')).ready('shop-1')
  expect(world.serving('shop-1')!.process.revision).toBe('2')
  world.quiet()
  world.exit('shop-1', 'crash').pass(100)
  world.partly('shop-1', broken('reports', 'shop')).ready('shop-1')
  expect(world.serving('shop-1')).toBeDefined()
})

test('a successor for the sake of health in which an application newly fails is stopped, and the next one follows after a pause', () => {
  const world = serving(1)
  world.unhealthy(world.serving('shop-1')!.id)
  world.partly('shop-1', broken('reports')).exit('shop-1')
  expect(world.text).toBe('shop-1:ready')
  expect(historyOf(world.actual, 'shop-1').rejected).toBeUndefined()
  world.pass(100)
  expect(world.text).toBe('shop-1:ready shop-1:starting')
})

test('an unhealthy process whose new revision was rejected gets another try of that revision, after a pause', () => {
  const world = serving(1)
  world.want(desiredOf(shops('2', 1))).exit('shop-1', 'broken')
  expect(world.text).toBe('shop-1:ready')
  world.unhealthy(world.serving('shop-1')!.id)
  expect(world.text).toBe('shop-1:ready shop-1:starting')
  world.exit('shop-1', 'broken again').pass(99)
  expect(world.text).toBe('shop-1:ready')
  world.pass(1).ready('shop-1').quiet()
  expect(world.serving('shop-1')).toMatchObject({ process: { revision: '2' } })
  expect(historyOf(world.actual, 'shop-1').rejected).toBeUndefined()
})

test('one that is healthy again before its successor was due is left alone', () => {
  const world = serving(1)
  world.unhealthy(world.serving('shop-1')!.id)
  world.exit('shop-1').healthy(world.serving('shop-1')!.id).pass(100_000)
  expect(world.text).toBe('shop-1:ready')
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
    .pass(policy.drainMs + policy.closeMs + 499)
  expect(world.text).toBe('shop-1:stopping shop-1:ready')
  world.pass(1)
  expect(world.text).toBe('shop-1:ready')
})

test('a process that was killed and has not ended is not asked to stop as well', () => {
  const world = serving(1)
  const stopping = { ...world.desired, stopping: true }
  expect(nextSteps(stopping, world.actual, world.now)).toMatchObject([{ do: 'stop', generation: 1 }])
  expect(nextSteps(stopping, condemned(world.actual, 1, { text: 'hung' }), world.now)).toEqual([])
})

test('the time in which a process hung before that was noticed is no healthy life: what hangs after each start ends in quarantine', () => {
  const world = serving(1)
  for (let hangs = 0; hangs < policy.quarantineAfter; hangs++) {
    world.heardAt = world.now + 1000
    world.pass(policy.healthyAfterMs + policy.hangPatienceMs)
    world.own(world.serving('shop-1')!.id, policy.hangPatienceMs)
    if (hangs < policy.quarantineAfter - 1) world.pass(policy.backOffMostMs).ready('shop-1')
  }
  expect(historyOf(world.actual, 'shop-1')).toMatchObject({ failures: policy.quarantineAfter, lastFailure: 'hung' })
  expect(world.pass(policy.backOffMostMs).of('shop-1')).toEqual([])
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
  expect(world.done.every((step) => step.do === 'stop' && step.deadlineMs === policy.stopMs + policy.closeMs)).toBe(true)
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
    { do: 'stop', generation: 1, deadlineMs: policy.stopMs + policy.closeMs },
    { do: 'stop', generation: 2, deadlineMs: policy.stopMs + policy.closeMs },
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

const shopAt = (id: string) => processOf('shop-1', { listeners: [id], revision: id })
const blog = processOf('blog-1', { listeners: ['blog@unix'] })
const router = processOf('router-http', { group: 'router-http', listeners: ['http'], isRouter: true, stage: 5 })
const alone = desiredOf([shopAt('http')])
const routed = desiredOf([shopAt('shop@unix'), blog, router])

test('a second application comes to a listener: the first moves behind a router, which begins when nobody else serves the listener for good', () => {
  const world = new World(alone)
  world.quiet()
  world.want(routed)
  expect(world.text).toBe('shop-1:ready shop-1:starting blog-1:starting')
  world.ready('blog-1')
  expect(world.of('router-http')).toEqual([])
  world.ready('shop-1')
  expect(world.text).toBe('shop-1:ready shop-1:ready blog-1:ready router-http:starting') // the old one serves until the router does
  world.ready('router-http')
  expect(world.text).toBe('shop-1:stopping shop-1:ready blog-1:ready router-http:ready')
})

test('an application that cannot move behind the router goes on alone, and the failure is stated', () => {
  const world = new World(alone)
  world.quiet()
  world.want(routed).ready('blog-1').exit('shop-1', 'no such module')
  world.pass(1_000_000)
  expect(world.text).toBe('shop-1:ready blog-1:ready')
  expect(historyOf(world.actual, 'shop-1').rejected?.reason).toBe('no such module')
})

test('the last but one application leaves: the router ends when the other serves the listener, and its private address when no router leads there', () => {
  const world = new World(routed)
  world.quiet()
  world.want(alone)
  world.exit('blog-1')
  world.ready('shop-1')
  expect(world.text).toBe('shop-1:ready router-http:stopping shop-1:ready')
  world.exit('router-http')
  expect(world.text).toBe('shop-1:stopping shop-1:ready')
})

test('an instance that does not serve yet is not waited for when its application moves behind a router', () => {
  const world = new World(desiredOf([shopAt('http')]))
  world.settle()
  world.want(routed)
  expect(world.of('shop-1')[0]).toMatchObject({ state: 'stopping', process: { listeners: ['http'] } })
})

test('an instance that cannot overlap moves by stopping first', () => {
  const fixedAt = (listener: string) => ({ ...shopAt(listener), overlaps: false })
  const world = new World(desiredOf([fixedAt('http')]))
  world.quiet()
  world.want(desiredOf([fixedAt('shop@unix'), blog, router]))
  expect(world.of('shop-1')).toMatchObject([{ state: 'stopping' }])
})

test('an application that is removed stops though nobody else serves its listener', () => {
  const world = new World(desiredOf([shopAt('http')]))
  world.quiet()
  world.want(desiredOf([], { listeners: desiredOf([shopAt('http')]).listeners }))
  expect(world.of('shop-1')).toMatchObject([{ state: 'stopping' }])
})

test('a stop of the server waits for nobody who could take over a listener', () => {
  const world = new World(routed)
  world.quiet()
  world.want({ ...routed, stopping: true })
  expect(world.of('router-http')).toMatchObject([{ state: 'stopping' }])
})

const empty = processOf('http-1', { group: 'http', revision: 'no application' })

test('the last application leaves a listener when the process that answers without any is ready, and the first one comes the same way', () => {
  const world = new World(alone)
  world.quiet()
  world.want(desiredOf([empty]))
  expect(world.text).toBe('shop-1:ready http-1:starting')
  world.pass(10_000) // the successor takes its time: nobody is told that there is no instance
  expect(world.text).toBe('shop-1:ready http-1:starting')
  world.ready('http-1')
  expect(world.text).toBe('shop-1:stopping http-1:ready')
  world.exit('shop-1')
  world.want(alone)
  expect(world.text).toBe('http-1:ready shop-1:starting')
  world.ready('shop-1')
  expect(world.text).toBe('http-1:stopping shop-1:ready')
})

test('what is not wanted any more waits for no successor that has failed', () => {
  const world = new World(alone)
  world.quiet()
  world.want(desiredOf([empty]))
  world.exit('http-1')
  expect(world.text).toBe('shop-1:stopping')
})

test('a private address has no stand-in: the router answers for it', () => {
  const world = new World(routed)
  world.quiet()
  world.exit('blog-1').pass(10)
  world.pass(3000)
  expect(world.text).not.toContain('stand-in')
})
