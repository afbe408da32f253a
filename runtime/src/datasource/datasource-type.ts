/** Datasources as a type of resource. */
import { currentAgent } from '@spyglass/agent'
import type { DatasourceConfig } from '@spyglass/process/config'
import type { Resource, ResourceType } from '../resource-type/resource-type.ts'
import { adapters, type DatasourceFace } from './adapters.ts'
import type { OpenedDriver } from './adapter.ts'
import { fail } from './errors.ts'
import { Pool } from './pool/index.ts'
import { PoolReporter } from './pool-resource.ts'

export const datasources: ResourceType<DatasourceConfig, DatasourceFace> = {
  open(config, around) {
    const reporter = new PoolReporter(config.name, around)
    const { folder, applicationFolders = [] } = around
    const opened: OpenedDriver<DatasourceFace> = adapters[config.driver].open(config, { folder, applicationFolders })
    const pool = new Pool(opened.driver, config, reporter, around.clock)
    return new PooledResource(pool, opened.faceOf(pool), reporter.show(pool))
  },
  unknown: (name, known) => fail('SPY_DATASOURCE_UNKNOWN', [name, known.join(', ') || 'none']),
  closed: () => fail('SPY_DATASOURCES_CLOSED'),
}

class PooledResource implements Resource<DatasourceConfig, DatasourceFace> {
  readonly face: DatasourceFace
  readonly #pool: Pool
  readonly #hide: () => void

  constructor(pool: Pool, face: DatasourceFace, hide: () => void) {
    this.#pool = pool
    this.#hide = hide
    this.face = face
  }

  async start(): Promise<void> {
    await this.#pool.start()
    const { settings, state, figures } = this.#pool
    if (settings.required && state === 'down') throw fail('SPY_DATASOURCE_REQUIRED', [settings.name, figures.lastError])
  }

  configure(config: DatasourceConfig): void {
    this.#pool.configure(config)
  }

  carryOut(_reclaim: string, { connection }: Readonly<Record<string, unknown>>): void {
    this.#pool.reclaimLent(Number(connection))
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
