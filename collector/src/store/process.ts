/** The store's process: configuration, engine, port, resource, and its link to the keeper. */
import { connectKeeper } from '@spyglass/process/keeper-link'
import type { Logger } from '@spyglass/process/logger'
import { openOwnProcess } from '@spyglass/process/own-process'
import { createStoreServer, listen } from './http/index.ts'
import { openStore } from './store.ts'
import { type QueryCounters, registerStore } from './store-resource.ts'

/** An exit would wait inside the engine for what it is doing; what is acknowledged is on the disk, so nothing is lost by this. */
function endAtOnce(logger: Logger): void {
  logger.warn('the engine did not end its work in time; the process is killed')
  process.kill(process.pid, 'SIGKILL')
}

/** Runs the store until it is told to stop. */
export async function runStore(argv: readonly string[]): Promise<void> {
  const { config, folder, secrets, logger, registry } = await openOwnProcess('store', argv)
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
    async stop(deadlineMs) {
      const timer = setTimeout(() => endAtOnce(logger), deadlineMs * 0.8)
      await app.close()
      await store.close()
      clearTimeout(timer)
      logger.info('the store is closed')
    },
  })
  const port = await listen(app, config.store.host, config.store.port).catch(async (error: unknown) => {
    await store.close() // a process that exits while the engine works may wait for it for ever
    throw error
  })
  logger.info({ host: config.store.host, port, engine: store.engineVersion }, 'the store answers')
  link.ready()
}
