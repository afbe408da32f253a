import { SpyglassConfig } from '@spyglass/process/config'
import { kindNamed, kinds } from '@spyglass/mbeans/kinds'
import { jolokiaPlugin } from '@spyglass/mbeans/jolokia'
import { createRegistry } from '@spyglass/agent/registry'
import fastify, { type FastifyInstance } from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { createManagementClient, type ManagementClient } from '../../../collector/src/query/index.ts'

async function clientOf(app: FastifyInstance): Promise<ManagementClient> {
  await app.listen({ port: 0, host: '127.0.0.1' })
  onTestFinished(() => app.close())
  const { port } = app.server.address() as { port: number }
  return createManagementClient(SpyglassConfig.parse({ management: { port } }))
}

test('one bulk reads the resources of several kinds; of a kind that is not there the list is empty', async () => {
  const registry = createRegistry({ kindNamed })
  const values = (name: string) => ({ kind: 'instance', keys: { name }, values: { name, state: 'ready', startTime: 0 } })
  registry.adopt('keeper', { time: 0, resources: [values('http-1'), values('a,b')] })
  const app = fastify()
  await app.register(jolokiaPlugin, { registry, agentId: 'test', version: '0' })
  const client = await clientOf(app)
  const [instances, pools] = await client.read([kinds.instance, kinds.datasource])
  expect(instances?.map(({ name }) => name).toSorted()).toEqual(['spyglass:type=Instance,name="a,b"', 'spyglass:type=Instance,name=http-1'])
  expect(instances?.[0]?.values).toMatchObject({ state: 'ready' })
  expect(pools).toEqual([])
})

test('an endpoint that is unreachable, refuses or speaks another protocol is reported by its code', async () => {
  const away = createManagementClient(SpyglassConfig.parse({ management: { port: 9 } }))
  await expect(away.read([kinds.server])).rejects.toMatchObject({ code: 'SPY_MANAGEMENT_UNREACHABLE' })
  for (const answer of ['{}', '[]', 'not JSON', '']) {
    const client = await clientOf(fastify().post('/jolokia', async (_request, reply) => reply.send(answer)))
    await expect(client.read([kinds.server])).rejects.toMatchObject({ code: 'SPY_MANAGEMENT_INVALID' })
  }
})

test('an endpoint that never answers is given up in time', async () => {
  const client = await clientOf(fastify({ forceCloseConnections: true }).post('/jolokia', () => new Promise(() => {})))
  await expect(client.read([kinds.server], 100)).rejects.toMatchObject({ code: 'SPY_MANAGEMENT_UNREACHABLE' })
})
