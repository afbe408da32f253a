/** Datasources as a type of resource. */
import { isDeepStrictEqual } from 'node:util'
import { currentAgent } from '@spyglass/agent'
import type { DatasourceConfig } from '@spyglass/process/config'
import type { Resource, ResourceType } from '../resource-type/resource-type.ts'
import { adapters, type DatasourceFace } from './adapters.ts'
import type { OpenedDriver } from './adapter.ts'
import { fail } from './errors.ts'
import { Pool } from './pool/index.ts'
import { PoolReporter } from './pool-resource.ts'
import { askDatabase, autopsyOf, autopsyRow, cancelStatement } from './sessions/index.ts'

export const datasources: ResourceType<DatasourceConfig, DatasourceFace> = {
  open(config, around) {
    const reporter = new PoolReporter(config.name, around)
    const { folder, applicationFolders = [] } = around
    const opened: OpenedDriver<DatasourceFace> = adapters[config.driver].open(config, { folder, applicationFolders })
    const pool = new Pool(opened.driver, config, reporter, around.clock)
    return new PooledResource(config, { pool, opened, hide: reporter.show(pool) })
  },
  unknown: (name, known) => fail('SPY_DATASOURCE_UNKNOWN', [name, known.join(', ') || 'none']),
  closed: () => fail('SPY_DATASOURCES_CLOSED'),
}

/** Settings that a connection is opened with. */
const OPENED_WITH = ['url', 'members', 'password', 'passwordFrom', 'keepAliveMs', 'statementTimeoutMs'] as const

interface Parts {
  readonly pool: Pool
  readonly opened: OpenedDriver<DatasourceFace>
  readonly hide: () => void
}

class PooledResource implements Resource<DatasourceConfig, DatasourceFace> {
  readonly face: DatasourceFace
  readonly #pool: Pool
  readonly #opened: OpenedDriver<DatasourceFace>
  readonly #hide: () => void
  #config: DatasourceConfig

  constructor(config: DatasourceConfig, { pool, opened, hide }: Parts) {
    this.#config = config
    this.#pool = pool
    this.#opened = opened
    this.#hide = hide
    this.face = opened.faceOf(pool)
  }

  async start(): Promise<void> {
    await this.#pool.start()
    const { settings, state, figures } = this.#pool
    if (settings.required && state === 'down') throw fail('SPY_DATASOURCE_REQUIRED', [settings.name, figures.lastError])
    void this.#askLimit()
  }

  /** Once, where the database has been reached: who opens nothing at the start asks nothing either. */
  async #askLimit(): Promise<void> {
    const pool = this.#pool
    if (!pool.driver.sessionsOver || pool.size === 0) return
    try {
      pool.serverConnections = await askDatabase(pool, (database) => database.maxConnections())
    } catch {
      pool.serverConnections = undefined // its connections report why it cannot be asked
    }
  }

  configure(config: DatasourceConfig): void {
    const before = this.#config
    this.#config = config
    this.#pool.configure(config)
    if (OPENED_WITH.every((name) => isDeepStrictEqual(config[name], before[name]))) return
    this.#opened.configure(config)
    this.#pool.renew()
    void this.#askLimit()
  }

  carryOut(operation: string, { connection }: Readonly<Record<string, unknown>>): unknown {
    if (operation === 'autopsy') return autopsyOf(this.#pool).then((holders) => holders.map(autopsyRow))
    if (operation === 'cancel') return cancelStatement(this.#pool, Number(connection))
    return this.#pool.reclaimLent(Number(connection))
  }

  /** A connection still lent to that request keeps its trace. */
  requestEnded(traceId: string): void {
    if (this.#pool.borrows.size === 0 || traceId === '') return
    for (const { asker, returned } of this.#pool.borrows.values()) {
      if (!returned && asker.context && asker.traceId === traceId) asker.context.runInAsyncScope(() => currentAgent()?.markLeak())
    }
  }

  waitMs(): number {
    return this.#pool.longestWaitMs
  }

  async close(deadlineMs: number): Promise<void> {
    await this.#pool.close(deadlineMs)
    this.#hide()
  }
}
