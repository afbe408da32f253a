/** From any state, with any failure in between, the reconciler ends where it should, and on the way never stops what serves. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type DesiredProcess, historyOf, servingOf, type Step } from '../../../../runtime/src/decider/reconciler/index.ts'
import { desiredOf, processOf, World } from './world.ts'

const group = (name: string, more: Partial<DesiredProcess>) => (replicas: number, revision: number) =>
  Array.from({ length: replicas }, (_, at) => processOf(`${name}-${at + 1}`, { revision: String(revision), ...more }))

const groups = [
  group('shop', { listeners: ['http'] }),
  group('jobs', { listeners: ['internal'] }),
  group('other', { listeners: ['http'] }),
  group('store', { kind: 'service', listeners: [], overlaps: false, stage: 0 }),
]

/** Something that happens: to the living process at `at` (modulo their number), or to what is wanted. */
const happening = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('ready' as const), at: fc.nat() }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('end' as const), at: fc.nat() }) },
  fc.record({ type: fc.constant('own' as const), at: fc.nat(), ms: fc.constantFrom(1000, 30_000, 60_000, 1_000_000) }),
  { weight: 4, arbitrary: fc.record({ type: fc.constant('pass' as const), ms: fc.constantFrom(1, 100, 1000, 2000, 10_500, 400_000) }) },
  fc.record({
    type: fc.constant('want' as const),
    replicas: fc.tuple(fc.nat(3), fc.nat(3), fc.nat(1), fc.nat(1)),
    revision: fc.nat(3),
    isRouted: fc.boolean(),
  }),
  { weight: 2, arbitrary: fc.record({ type: fc.constant('unhealthy' as const), at: fc.nat() }) },
  fc.record({ type: fc.constant('healthy' as const), at: fc.nat() }),
  { weight: 2, arbitrary: fc.record({ type: fc.constant('partly' as const), at: fc.nat(), failed: fc.subarray(['a', 'b']) }) },
  fc.record({ type: fc.constant('open' as const), can: fc.boolean() }),
  fc.record({ type: fc.constant('stop' as const) }),
)

type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never

/** `isRouted`: a second application has come to the listener of shop, so that shop moves behind a router. `other` comes to that listener, and goes, without one. */
const wanted = (replicas: readonly number[], revision: number, isRouted = false) => {
  const [shop, ...others] = groups.map((build, i) => build(replicas[i]!, revision))
  const isShared = isRouted && shop!.length > 0
  return desiredOf(
    [
      ...shop!.map((process) => (isShared ? { ...process, listeners: ['shop@unix'], revision: `${process.revision} routed` } : process)),
      ...others.flat().filter(({ group: its }) => !isShared || its !== 'other'),
      ...(isShared ? [processOf('blog-1', { listeners: ['blog@unix'], revision: String(revision) }), router(String(revision))] : []),
    ],
    { parallelStarts: 2 },
  )
}

const router = (revision: string): DesiredProcess =>
  processOf('router-http', { group: 'router-http', listeners: ['http'], isRouter: true, stage: 5, revision })

function happen(world: World, event: Happening): void {
  const { generations } = world.actual
  const one = 'at' in event && generations.length > 0 ? generations[event.at % generations.length]! : undefined
  if (event.type === 'ready' && one) world.readyId(one.id)
  if (event.type === 'end' && one) world.endId(one.id)
  if (event.type === 'own' && one) world.own(one.id, event.ms)
  if (event.type === 'unhealthy' && one) world.unhealthy(one.id)
  if (event.type === 'partly' && one)
    world.partly(
      one.process.name,
      event.failed.map((application) => ({ application, message: 'broken' })),
    )
  if (event.type === 'healthy' && one) world.healthy(one.id)
  if (event.type === 'pass') world.pass(event.ms)
  if (event.type === 'open') world.canOpen = event.can
  if (event.type === 'want' && !world.desired.stopping) world.want(wanted(event.replicas, event.revision, event.isRouted))
  if (event.type === 'stop') world.want({ ...world.desired, stopping: true })
}

/** Whether everything that it serves is to be served by a process that has not failed. */
const hasSuccessor = ({ listeners }: DesiredProcess, { desired, actual }: Pick<World, 'desired' | 'actual'>): boolean =>
  listeners.every((listener) =>
    desired.processes.some(({ name, revision, kind, listeners: its }) => {
      const { failures, rejected } = historyOf(actual, name)
      return kind === 'instance' && its.includes(listener) && failures === 0 && rejected?.revision !== revision
    }),
  )

/** What must hold at every step. */
function watch(step: Step, { desired, actual, now }: World): void {
  if (step.do === 'stop') {
    const generation = actual.generations.find(({ id }) => id === step.generation)!
    const { process, state, id } = generation
    const isWanted = !desired.stopping && desired.processes.some(({ name }) => name === process.name)
    if (isWanted && state === 'ready' && process.overlaps) expect(servingOf(actual, process.name)!.id).toBeGreaterThan(id)
    const isMoving = state === 'ready' && !desired.stopping && (isWanted || process.isRouter || hasSuccessor(process, { desired, actual }))
    const others = actual.generations.filter((other) => other.id !== id)
    for (const listener of isMoving ? process.listeners : []) {
      const isServed = others.some((other) => other.state === 'ready' && other.process.listeners.includes(listener))
      if (desired.listeners.some((one) => one.id === listener) && process.overlaps) expect(isServed).toBe(true)
      if (listener === 'shop@unix' && !isServed) expect(others.some((other) => other.process.isRouter)).toBe(false)
    }
  }
  if (step.do === 'start') {
    const { process } = step
    if (process.isRouter && !servingOf(actual, process.name)) {
      for (const { name } of desired.processes)
        expect(name.startsWith('shop') && servingOf(actual, name)?.process.listeners).not.toEqual(['http'])
    }
    const living = actual.generations.filter(({ process: { name } }) => name === process.name)
    expect(desired.stopping).toBe(false)
    if (!process.overlaps) expect(living).toEqual([])
    expect(
      living.filter(({ state }) => state === 'starting' && !servingOf(actual, process.name)).map((g) => g.process.revision),
    ).not.toContain(process.revision)
    const starting = actual.generations.filter(
      (g) => g.state === 'starting' && now - g.startedAt < 5000 && !servingOf(actual, g.process.name),
    )
    if (!servingOf(actual, process.name)) expect(starting.length).toBeLessThan(desired.parallelStarts)
    for (const id of process.listeners) expect(actual.listeners.map((listener) => listener.id)).toContain(id)
  }
  if (step.do === 'close') expect(actual.generations.flatMap(({ process }) => process.listeners)).not.toContain(step.listener)
}

const settings = fc.record({
  replicas: fc.tuple(fc.nat(3), fc.nat(3), fc.nat(1), fc.nat(1)),
  revision: fc.nat(3),
  events: fc.array(happening, { maxLength: 60 }),
})

/** A router waits for an application that cannot move behind it: beside that one it would get requests of the other. */
const staysBeforeRouter = (world: World): boolean =>
  world.desired.processes.some(({ name, isRouter }) => !isRouter && world.serving(name)?.process.listeners.includes('http'))

test('when nothing fails any more, what should run runs, in its newest revision unless that was rejected, and nothing else', () => {
  fc.assert(
    fc.property(settings, ({ replicas, revision, events }) => {
      const world = new World(wanted(replicas, revision), watch)
      world.settle()
      for (const event of events) happen(world, event)
      world.canOpen = true
      world.quiet()
      const { desired, actual } = world
      const stays = staysBeforeRouter(world)
      if (stays && desired.processes.some(({ isRouter }) => isRouter)) {
        expect(desired.processes.some(({ name, group: its }) => its === 'shop' && historyOf(actual, name).rejected)).toBe(true)
      }
      const processes = desired.stopping ? [] : desired.processes.filter(({ isRouter }) => !isRouter || !stays)
      expect(actual.generations.map(({ process, state }) => `${process.name}:${state}`).toSorted()).toEqual(
        processes.map(({ name }) => `${name}:ready`).toSorted(),
      )
      expect(actual.listeners.map(({ id }) => id).toSorted()).toEqual(
        desired.stopping ? [] : desired.listeners.map(({ id }) => id).toSorted(),
      )
      for (const process of processes) {
        const runs = world.serving(process.name)!.process.revision
        const members = processes.filter((other) => other.group === process.group)
        const isRejected = members.some(({ name }) => historyOf(actual, name).rejected?.revision === process.revision)
        if (!isRejected) expect(runs).toBe(process.revision)
        if (process.overlaps) expect(world.serving(process.name)!.unhealthy).toBeUndefined()
      }
    }),
    { numRuns: 400 },
  )
})

test('a program that never works ends in a stated failure, in quarantine, and costs the others nothing', () => {
  fc.assert(
    fc.property(settings, ({ replicas, revision, events }) => {
      const world = new World(wanted(replicas, revision), watch)
      world.settle()
      for (const event of events) if (event.type !== 'stop') happen(world, event)
      world.canOpen = true
      const until = world.now + 3_600_000
      for (let i = 0; i < 3000 && world.now < until; i++) {
        const due = world.settle() ?? until
        const next = world.actual.generations.find(({ state }) => state !== 'ready')
        const broken = world.actual.generations.find(({ process }) => process.group === 'jobs')
        if (broken) world.endId(broken.id, 'broken')
        else if (next?.state === 'starting') world.readyId(next.id)
        else if (next) world.endId(next.id)
        else world.now = due
      }
      for (const { name, group: its, policy, isRouter } of world.desired.processes) {
        if (isRouter && staysBeforeRouter(world)) expect(world.of(name)).toHaveLength(0)
        else if (its !== 'jobs') expect(world.serving(name)).toBeDefined()
        else
          expect(historyOf(world.actual, name)).toMatchObject({
            lastFailure: 'broken',
            failures: expect.toSatisfy((n) => n >= policy.quarantineAfter),
          })
      }
      if (world.desired.processes.some(({ group: its }) => its === 'jobs')) expect(world.of('stand-in-internal')).toHaveLength(1)
    }),
    { numRuns: 150 },
  )
})
