/** The store's process: configuration, engine, port, resource, and its link to the keeper. */
import { openAuthenticator } from '@spyglass/process/access'
import { ownPort } from '@spyglass/process/checked-config'
import { servePort } from '@spyglass/process/own-port'
import { connectKeeper, emitWhenReady } from '@spyglass/process/keeper-link'
import { openOwnProcess } from '@spyglass/process/own-process'
import { createStoreServer } from './http/index.ts'
import { openStore, planStore } from './store.ts'
import { engineReplaced, type QueryCounters, registerStore } from './store-resource.ts'

function printPlan(statements: readonly string[]): void {
  const plan = statements.length === 0 ? ['the tables are up to date'] : statements.map((statement) => `${statement};`)
  process.stdout.write(`${plan.join('\n')}\n`)
}

/** Runs the store until it is told to stop; with `--dry-run` prints the statements that would migrate its tables, and exits. */
export async function runStore(argv: readonly string[]): Promise<void> {
  const own = await openOwnProcess('store', argv)
  const { config, folder, secrets, logger, registry, live } = own
  const counters: QueryCounters = { queries: 0, failed: 0, refused: 0 }

  const options = {
    ...config.store,
    folder: folder.store,
    wal: folder.wal,
    retention: config.retention,
    onEngineEnd(reason: string) {
      logger.warn({ code: 'SPY_STORE_ENGINE_REPLACED', reason }, 'the database engine exited; restarting it')
      emitWhenReady(registry, engineReplaced(reason))
    },
    onEngineStartFailure: (reason: string) => logger.error({ reason }, 'the database engine could not be started; trying again'),
    maxBytes: config.retention.maxBytes,
    current: () => ({ ...config.store, maxBytes: config.retention.maxBytes }),
    onDropped: (dropped: object) => logger.warn(dropped, 'the oldest data was dropped for retention.maxBytes'),
    onTidyFailure: (error: unknown) => logger.warn({ err: error }, 'could not pin or drop old data'),
  }
  if (argv.includes('--dry-run')) return printPlan(await planStore(options))
  const store = await openStore(options)
  if (store.schemaChanges.length > 0) logger.info({ statements: store.schemaChanges }, 'migrated older tables')
  registerStore(registry, store, counters)

  const app = createStoreServer({
    store,
    credentials: { authenticator: openAuthenticator('store', own), token: secrets.internal.token },
    counters,
    logger,
  })
  const served = await servePort(app, { port: ownPort(config, 'store'), ownTokens: [secrets.internal.token], registry, logger }).catch(
    async (error: unknown) => {
      await store.close()
      throw error
    },
  )
  const link = connectKeeper({
    registry,
    live,
    async stop(deadlineMs) {
      const timer = setTimeout(() => store.abandon(), deadlineMs * 0.8)
      await served.close(0)
      await store.close()
      clearTimeout(timer)
      logger.info('the store is closed')
    },
  })
  logger.info({ host: config.store.host, port: served.port, engine: store.engineVersion }, 'the store is ready')
  link.ready()
}
