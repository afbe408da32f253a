/** Datasources as a type of resource. */
import { currentAgent } from '@spyglass/agent'
import type { DatasourceConfig } from '@spyglass/process/config'
import type { Resource, ResourceType } from '../resource-type/resource-type.ts'
import { Datasource } from './datasource.ts'
import { fail } from './errors.ts'
import { Pool } from './pool/index.ts'
import { PoolReporter } from './pool-resource.ts'
import { createSqliteDriver } from './sqlite-driver.ts'

export const datasources: ResourceType<DatasourceConfig, Datasource> = {
  open(config, around) {
    const reporter = new PoolReporter(config.name, around)
    const driver = createSqliteDriver({ file: config.file, folder: around.folder })
    const pool = new Pool(driver, config, reporter, around.clock)
    return new PooledResource(pool, reporter.show(pool))
  },
  unknown: (name, known) => fail('SPY_DATASOURCE_UNKNOWN', [name, known.join(', ') || 'none']),
  closed: () => fail('SPY_DATASOURCES_CLOSED'),
}

class PooledResource implements Resource<DatasourceConfig, Datasource> {
  readonly face: Datasource
  readonly #pool: Pool
  readonly #hide: () => void

  constructor(pool: Pool, hide: () => void) {
    this.#pool = pool
    this.#hide = hide
    this.face = new Datasource(pool)
  }

  start(): Promise<void> {
    return this.#pool.start()
  }

  configure(config: DatasourceConfig): void {
    this.#pool.configure(config)
  }

  /** A connection still lent to that request keeps its trace. */
  requestEnded(traceId: string): void {
    if (this.#pool.borrows.size === 0 || traceId === '') return
    for (const { asker, returned } of this.#pool.borrows.values()) {
      if (!returned && asker.context && asker.traceId === traceId) asker.context.runInAsyncScope(() => currentAgent()?.markLeak())
    }
  }

  async close(deadlineMs: number): Promise<void> {
    await this.#pool.close(deadlineMs)
    this.#hide()
  }
}
