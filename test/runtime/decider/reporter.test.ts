import type { RegistryMessage } from '@spyglass/process/keeper-link'
import { expect, test } from 'vitest'
import type { DeciderView } from '../../../runtime/src/decider/decider-view.ts'
import { Milestones } from '../../../runtime/src/decider/milestones.ts'
import { type Ended, Reporter } from '../../../runtime/src/decider/reporter.ts'
import { desiredOf, processOf, World } from './reconciler/world.ts'

const failure = { message: 'it ended', kind: 'exit' } as const

function reported(world: World, isStopping = false) {
  const sent: RegistryMessage[] = []
  const plan = { serverName: 'test', processes: [plannedOf('shop-1')], sockets: [] }
  const decider = {
    plan,
    pids: new Map(),
    startedAt: 0,
    holderPid: 0,
    isStopping,
    get actual() {
      return world.actual
    },
  } as unknown as DeciderView
  const reporter = new Reporter({
    decider,
    log: { info() {}, warn() {}, error() {} } as never,
    milestones: new Milestones(),
    connect: () => ({ send: (message: RegistryMessage) => void sent.push(message), push() {} }) as never,
  })
  return {
    reporter,
    plan,
    gone: () => sent.flatMap((message) => (message.type === 'gone' ? [message.source] : [])),
    events: () => sent.flatMap((message) => (message.type === 'event' ? [message.event] : [])),
  }
}

const plannedOf = (name: string) => ({ process: processOf(name), launch: {} })

/** Its process has ended before it was ready. */
function failed(world: World): Ended {
  const generation = { ...world.actual.generations[0]!, state: 'starting' as const }
  world.actual = { ...world.actual, generations: [] }
  return { generation, exit: { code: 1, signal: null }, failure }
}

/** What an undeployment, a scaling down or a switching off leads to: the process is asked to stop, and ends. */
function removedFrom(world: World) {
  const generation = { ...world.actual.generations[0]!, state: 'stopping' as const }
  world.want(desiredOf([])).quiet()
  return generation
}

test('management forgets a process that was asked to stop and has no successor', () => {
  const world = new World(desiredOf([processOf('shop-1')]))
  world.quiet()
  const generation = removedFrom(world)
  const { reporter, gone } = reported(world)
  reporter.ended({ generation, exit: { code: 0, signal: null }, failure })
  expect(gone()).toEqual(['shop-1'])
})

test('the last word of an old generation is not that of its successor', () => {
  const world = new World(desiredOf([processOf('shop-1')]))
  world.quiet()
  const generation = { ...world.actual.generations[0]!, state: 'stopping' as const }
  const { reporter, gone } = reported(world)
  reporter.ended({ generation, exit: { code: 0, signal: null }, failure })
  expect(gone()).toEqual([])
})

test('a server that stops leaves its incidents open', () => {
  const world = new World(desiredOf([processOf('shop-1')]))
  world.quiet()
  const generation = removedFrom(world)
  const { reporter, gone } = reported(world, true)
  reporter.ended({ generation, exit: { code: 0, signal: null }, failure })
  expect(gone()).toEqual([])
})

test('the incident of an instance that is down ends when the instance is removed', () => {
  const world = new World(desiredOf([processOf('shop-1')]))
  world.quiet()
  const { reporter, plan, events } = reported(world)
  reporter.ended(failed(world))
  reporter.replanned('')
  expect(events().map(({ name }) => name)).toEqual(['spyglass.instance.down'])
  plan.processes = []
  reporter.replanned('')
  const [down, up, ...others] = events()
  expect(up).toMatchObject({ name: 'spyglass.instance.up', resource: down?.resource, incidentId: down?.incidentId })
  expect(others).toEqual([])
})

test('an instance that was removed while it failed is not down', () => {
  const world = new World(desiredOf([processOf('shop-1')]))
  world.quiet()
  const { reporter, plan, events } = reported(world)
  plan.processes = []
  reporter.ended(failed(world))
  expect(events()).toEqual([])
})
