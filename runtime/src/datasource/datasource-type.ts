/** Datasources as a type of resource. */
import { isDeepStrictEqual } from 'node:util'
import type { DatasourceConfig } from '@spyglass/process/config'
import type { Resource, ResourceType } from '../resource-type/resource-type.ts'
import { adapters, type DatasourceFace } from './adapters.ts'
import type { OpenedDriver } from './adapter.ts'
import { fail } from './errors.ts'
import { GroupResource } from './group/group-resource.ts'
import { Pool } from './pool/index.ts'
import { PoolReporter } from './pool-resource.ts'
import { askLimit, carryOutOn, markLeaks, OPENED_WITH } from './pool-operations.ts'

export const datasources: ResourceType<DatasourceConfig, DatasourceFace> = {
  open(config, around) {
    if (config.members.length > 0) return new GroupResource(config, around)
    const reporter = new PoolReporter(config.name, around)
    const { folder, applicationFolders = [] } = around
    const opened: OpenedDriver<DatasourceFace> = adapters[config.driver].open(config, { folder, applicationFolders })
    const pool = new Pool(opened.driver, config, reporter, around.clock)
    return new PooledResource(config, { pool, opened, hide: reporter.show(pool) })
  },
  unknown: (name, known) => fail('SPY_DATASOURCE_UNKNOWN', [name, known.join(', ') || 'none']),
  closed: () => fail('SPY_DATASOURCES_CLOSED'),
}

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
    // so that an application reads in the same way from a group and from one database
    Object.defineProperty(this.face, 'read', { value: this.face })
  }

  async start(): Promise<void> {
    await this.#pool.start()
    const { settings, state, figures } = this.#pool
    if (settings.required && state === 'down') throw fail('SPY_DATASOURCE_REQUIRED', [settings.name, figures.lastError])
    void askLimit(this.#pool)
  }

  configure(config: DatasourceConfig): void {
    const before = this.#config
    this.#config = config
    this.#pool.configure(config)
    if (OPENED_WITH.every((name) => isDeepStrictEqual(config[name], before[name]))) return
    this.#opened.configure(config)
    this.#pool.renew()
    void askLimit(this.#pool)
  }

  carryOut(operation: string, given: Readonly<Record<string, unknown>>): unknown {
    return carryOutOn(this.#pool, operation, given)
  }

  requestEnded(traceId: string): void {
    markLeaks(this.#pool, traceId)
  }

  waitMs(): number {
    return this.#pool.longestWaitMs
  }

  async close(deadlineMs: number): Promise<void> {
    await this.#pool.close(deadlineMs)
    this.#hide()
  }
}
