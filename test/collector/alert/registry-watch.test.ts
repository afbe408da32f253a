import { SpyglassConfig } from '@spyglass/process/config'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { jolokiaPlugin } from '@spyglass/mbeans/jolokia'
import { createLogger } from '@spyglass/process/logger'
import { createRegistry } from '@spyglass/agent/registry'
import fastify from 'fastify'
import { expect, test } from 'vitest'
import { Evaluator } from '../../../collector/src/alert/evaluator.ts'
import type { Incident } from '../../../collector/src/alert/incident.ts'
import { startRegistryWatch } from '../../../collector/src/alert/registry-watch.ts'
import { createManagementClient } from '../../../collector/src/query/index.ts'
import { until } from '../../support/until.ts'
import { INSTANCE, POOL } from './incidents.ts'

async function bench(states: { instance: string; pool: string }) {
  const registry = createRegistry({ kindNamed })
  const push = (): void =>
    registry.adopt('http-1', {
      time: Date.now(),
      resources: [
        { kind: 'instance', keys: { name: 'http-1' }, values: { name: 'http-1', state: states.instance } },
        { kind: 'datasource', keys: { instance: 'http-1', name: 'shop' }, values: { name: 'shop', state: states.pool } },
      ],
    })
  push()
  const app = fastify()
  await app.register(jolokiaPlugin, { registry, agentId: 'test', version: '0' })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as { port: number }
  const incidents: Incident[] = []
  let now = 1_000_000
  const evaluator = new Evaluator({ incidents, save: () => {}, onTransition: () => {}, now: () => now })
  const management = createManagementClient(SpyglassConfig.parse({ management: { port } }))
  const logger = createLogger({ process: 'test', level: 'silent' })
  const watch = startRegistryWatch({ management, evaluator, logger, everyMs: 20, now: () => (now += 5000) })
  return {
    evaluator,
    /** The keeper reports. */
    server: () =>
      registry.adopt('keeper', { time: Date.now(), resources: [{ kind: 'server', keys: { name: 's' }, values: { name: 's' } }] }),
    set: (change: Partial<typeof states>) => {
      Object.assign(states, change)
      push()
    },
    async [Symbol.asyncDispose]() {
      watch.stop()
      evaluator.stop()
      await app.close()
    },
  }
}

const raise = (id: string, rule: string, resource: string) =>
  ({ id, rule, resource, severity: 'critical', summary: 's', since: 0, delayMs: 0 }) as const

test('an incident whose clear was missed resolves when its resource is well twice in a row', async () => {
  await using world = await bench({ instance: 'down', pool: 'ok' })
  world.evaluator.raise(raise('1', 'InstanceDown', INSTANCE))
  world.set({ instance: 'ready' })
  await until(() => world.evaluator.find('1')?.state === 'resolved')
})

test('a pool found exhausted without an event is raised, and resolves when it recovers', async () => {
  await using world = await bench({ instance: 'ready', pool: 'exhausted' })
  const found = await until(() => world.evaluator.openAt({ rule: 'PoolExhausted', resource: POOL }))
  expect(found).toMatchObject({ state: 'firing', observed: true })
  world.set({ pool: 'ok' })
  await until(() => world.evaluator.find(found.id)?.state === 'resolved')
})

test('an instance found down is not raised: a planned stop looks the same', async () => {
  await using world = await bench({ instance: 'down', pool: 'exhausted' })
  await until(() => world.evaluator.openAt({ rule: 'PoolExhausted', resource: POOL }))
  expect(world.evaluator.openAt({ rule: 'InstanceDown', resource: INSTANCE })).toBeUndefined()
})

const REMOVED = { instance: 'spyglass:type=Instance,name=old-1', pool: 'spyglass:type=Datasource,instance=old-1,name=shop' }

function raiseRemoved(evaluator: Evaluator): void {
  evaluator.raise(raise('1', 'InstanceDown', REMOVED.instance))
  evaluator.raise(raise('2', 'PoolExhausted', REMOVED.pool))
  evaluator.raise({ ...raise('3', 'InstanceDown', REMOVED.instance), origin: 'east@9f8e7d6c' })
}

test('incidents of an instance that was removed while nobody watched resolve; those of another server stay', async () => {
  await using world = await bench({ instance: 'ready', pool: 'ok' })
  raiseRemoved(world.evaluator)
  world.server()
  await until(() => world.evaluator.find('1')?.state === 'resolved' && world.evaluator.find('2')?.state === 'resolved')
  expect(world.evaluator.find('3')?.state).not.toBe('resolved')
})

test('an instance that is missing because the keeper has not reported yet does not count as removed', async () => {
  await using world = await bench({ instance: 'ready', pool: 'exhausted' })
  raiseRemoved(world.evaluator)
  await until(() => world.evaluator.openAt({ rule: 'PoolExhausted', resource: POOL })) // two readings were compared
  expect(world.evaluator.find('1')?.state).not.toBe('resolved')
})
