/**
 * The server that bench/jolokia.bench.ts measures: the MBean endpoint and the Prometheus text as management has them, with what two instances push, and the
 * floor under both. Sends their URLs, and its CPU seconds when asked.
 */
import Fastify from 'fastify'
import { kindNamed, kinds } from '@spyglass/mbeans/kinds'
import { jolokiaPlugin } from '@spyglass/mbeans/jolokia'
import { createLogger } from '@spyglass/process/logger'
import { registerPlatformBeans } from '@spyglass/mbeans/platform'
import { prometheusContentType, prometheusText } from '@spyglass/mbeans/prometheus'
import { createRegistry } from '@spyglass/agent/registry'
import { startReplayServer } from './replay-server.ts'

const registry = createRegistry({ kindNamed })
registerPlatformBeans(registry, { processName: 'management' })
const values = (kind: (typeof kinds)[keyof typeof kinds]) =>
  Object.fromEntries(Object.entries(kind.attributes).map(([name, { type }]) => [name, type === 'string' ? 'ready' : 12_345]))
const push = () => {
  for (const instance of ['http-1', 'http-2']) {
    const resources = [
      { kind: 'instance', keys: { name: instance }, values: values(kinds.instance) },
      { kind: 'listener', keys: { instance, name: 'http' }, values: values(kinds.listener) },
      ...Array.from({ length: 10 }, (_, index) => ({
        kind: 'datasource',
        keys: { instance, name: `pool-${index}` },
        values: values(kinds.datasource),
      })),
    ]
    registry.adopt(instance, { time: Date.now(), resources })
  }
}
push()
setInterval(push, 1000).unref()

const app = Fastify({ logger: false })
const logger = createLogger({ process: 'bench', level: 'warn' })
await app.register(jolokiaPlugin, { registry, agentId: 'bench', version: '0.1.0', logger })
app.get('/metrics', async (_request, reply) => reply.type(prometheusContentType).send(await prometheusText(registry)))
const url = await app.listen({ port: 0, host: '127.0.0.1' })
process.send?.([url, await startReplayServer(url)])
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.((user + system) / 1e6)
})
process.on('disconnect', () => process.exit(0))
