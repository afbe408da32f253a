/**
 * Runs the shop alone, without the server: `node --conditions=spyglass-source examples/shop/src/main.ts [port]`.
 * With `--import @spyglass/agent/register` in front it is recorded all the same.
 */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRegistry, currentAgent } from '@spyglass/agent'
import { kinds } from '@spyglass/mbeans/kinds'
import { openResources } from '@spyglass/runtime/application'
import pino from 'pino'
import createShop from './shop.ts'

const logger = pino({ name: 'shop' })
const registry =
  currentAgent()?.registry ?? createRegistry({ kindNamed: (name) => Object.values(kinds).find((kind) => kind.name === name) })
const abort = new AbortController()
const resources = await openResources({
  instance: 'shop',
  registry,
  logger,
  folder: mkdtempSync(join(tmpdir(), 'shop-')),
  resources: {
    datasources: [
      {
        name: 'shop',
        driver: 'sqlite',
        file: 'shop.db',
        min: 1,
        max: 8,
        acquireTimeoutMs: 5000,
        maxWaiting: 1000,
        idleTimeoutMs: 60_000,
        leakAfterMs: 30_000,
        exhaustedAfterMs: 10_000,
      },
    ],
  },
})
const shop = await createShop({
  name: 'shop',
  contextPath: '',
  datasource: (name) => resources.datasource(name),
  session: (name) => resources.get('sessions', name),
  logger,
  signal: abort.signal,
})
logger.info({ url: await shop.listen({ host: '127.0.0.1', port: Number(process.argv[2] ?? 8080) }) }, 'shop listens')

async function stop(): Promise<void> {
  abort.abort()
  shop.server.closeAllConnections()
  await shop.close()
  await resources.close(2000)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void stop())
