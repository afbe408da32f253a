/** The store's process: configuration, engine, port, resource, and its link to the keeper. */
import { configFromArguments, ensureDataFolder, ensureSecrets } from '@spyglass/agent/config'
import { kindNamed } from '@spyglass/agent/contract'
import { connectKeeper } from '@spyglass/agent/keeper-link'
import { createLogger } from '@spyglass/agent/logger'
import { createRegistry } from '@spyglass/agent/registry'
import { createStoreServer, listen } from './http/index.ts'
import { openStore } from './store.ts'
import { type QueryCounters, registerStore } from './store-resource.ts'

/** Runs the store until it is told to stop. */
export async function runStore(argv: readonly string[]): Promise<void> {
  const config = configFromArguments(argv)
  const folder = ensureDataFolder(config.data)
  const secrets = ensureSecrets(folder.secrets)
  const logger = createLogger({ process: 'store', level: config.logs.level })
  const registry = createRegistry({ kindNamed })
  const counters: QueryCounters = { queries: 0, failed: 0, refused: 0 }

  const store = await openStore({
    ...config.store,
    folder: folder.store,
    wal: folder.wal,
    retention: config.retention,
    onLost: (error) => logger.warn({ err: error }, 'a session was replaced'),
  })
  if (store.schemaChanges.length > 0) logger.info({ statements: store.schemaChanges }, 'older tables were brought up to date')
  registerStore(registry, store, counters)

  const app = createStoreServer({
    store,
    credentials: { reader: secrets.clickhouse.reader, token: secrets.internal.token },
    queryTimeoutMs: config.store.queryTimeoutMs,
    counters,
    logger,
  })
  const link = connectKeeper({
    registry,
    async stop() {
      await app.close()
      await store.close()
      logger.info('the store is closed')
    },
  })
  const port = await listen(app, config.store.host, config.store.port)
  logger.info({ host: config.store.host, port, engine: store.engineVersion }, 'the store answers')
  link.ready()
}
