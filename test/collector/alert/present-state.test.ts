import { SpyglassConfig } from '@spyglass/process/config'
import { jolokiaPlugin } from '@spyglass/mbeans/jolokia'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { createLogger } from '@spyglass/process/logger'
import { createRegistry } from '@spyglass/agent/registry'
import fastify from 'fastify'
import { expect, test } from 'vitest'
import { english } from '../../../collector/src/words/index.ts'
import type { Incident } from '../../../collector/src/alert/incident.ts'
import { presentState } from '../../../collector/src/alert/present-state.ts'
import { createManagementClient } from '../../../collector/src/query/index.ts'
import { holder, INSTANCE, POOL } from './incidents.ts'

const logger = createLogger({ process: 'test', level: 'silent' })

const borrower = (connection: number, held: number, more: object = {}) => ({
  kind: 'borrower',
  keys: { instance: 'http-1', datasource: 'shop', connection: String(connection) },
  values: { instance: 'http-1', datasource: 'shop', connection, held, route: 'GET /report', traceId: 'b2', ...more },
})

async function openManagement() {
  const registry = createRegistry({ kindNamed })
  registry.adopt('http-1', {
    time: Date.now(),
    resources: [
      borrower(1, 4000),
      borrower(2, 61_000, { location: 'src/report.js:9', statement: 'SELECT 1', leaked: false, stack: ['run (src/report.js:9)'] }),
      { ...borrower(3, 99_000), keys: { instance: 'http-2', datasource: 'shop', connection: '3' }, values: { instance: 'http-2' } },
      { kind: 'instance', keys: { name: 'http-1' }, values: { name: 'http-1', state: 'down', lastFailure: 'no licence' } },
    ],
  })
  const app = fastify()
  await app.register(jolokiaPlugin, { registry, agentId: 'test', version: '0' })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as { port: number }
  const management = createManagementClient(SpyglassConfig.parse({ management: { port } }))
  return { management, [Symbol.asyncDispose]: () => app.close() }
}

const incident = (over: Partial<Incident>): Incident => ({ attributes: {}, holders: [holder], ...over }) as Incident

test('a reminder about a pool names who holds its connections now, longest first', async () => {
  await using world = await openManagement()
  const { summary, holders } = await presentState(incident({ rule: 'PoolExhausted', resource: POOL }), { ...world, logger, words: english })
  expect(summary).toBe('Pool shop of http-1 is exhausted: GET /report at src/report.js:9 has held a connection for 61 s')
  expect(holders).toMatchObject([
    { connection: 2, heldMs: 61_000, traceId: 'b2', location: 'src/report.js:9', statement: 'SELECT 1', stack: ['run (src/report.js:9)'] },
    { connection: 1, heldMs: 4000, location: '', stack: [] },
  ])
})

test('a reminder about an instance says why it is down now; one about crashes keeps their number', async () => {
  await using world = await openManagement()
  const down = incident({ rule: 'InstanceDown', resource: INSTANCE })
  expect(await presentState(down, { ...world, logger, words: english })).toEqual({ summary: 'Instance http-1 is down. no licence' })
  expect(await presentState({ ...down, attributes: { reason: 'crash-loop' } }, { ...world, logger, words: english })).toEqual({})
})

test('what is known stays when nobody tells: another server, another rule, no management', async () => {
  await using world = await openManagement()
  const down = incident({ rule: 'InstanceDown', resource: INSTANCE })
  expect(await presentState({ ...down, origin: 'east@9f8e7d6c' }, { ...world, logger, words: english })).toEqual({})
  expect(await presentState({ ...down, rule: 'ErrorRateHigh' }, { ...world, logger, words: english })).toEqual({})
  const away = createManagementClient(SpyglassConfig.parse({ management: { port: 9 } }))
  expect(await presentState(down, { management: away, logger, words: english })).toEqual({})
})
