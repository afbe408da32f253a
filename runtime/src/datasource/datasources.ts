/** All datasources of one instance, opened and closed together. */
import type { DatasourceConfig } from '@spyglass/process/config'
import { currentAgent } from '@spyglass/agent'
import type { Clock } from './pool/index.ts'
import { Datasource } from './datasource.ts'
import type { Driver } from './driver.ts'
import { fail } from './errors.ts'
import { Pool } from './pool/index.ts'
import { PoolReporter, type PoolSurroundings } from './pool-resource.ts'
import { createSqliteDriver } from './sqlite-driver.ts'

export interface DatasourcesOptions extends PoolSurroundings {
  readonly datasources: readonly DatasourceConfig[]
  /** Folder that relative database files are resolved against. */
  readonly folder: string
  readonly clock?: Clock
}

export interface Datasources {
  /** @throws SPY_DATASOURCE_UNKNOWN */
  get(name: string): Datasource
  readonly names: readonly string[]
  /** Other limits and times for the pools of these names; what else is configured stays until a reload. */
  configure(datasources: readonly DatasourceConfig[]): void
  /** Called when a response has ended, before the agent decides: a connection still lent to that request keeps its trace. */
  requestEnded(traceId: string): void
  /** Returns when all connections are closed, at most after `deadlineMs` and a moment. */
  close(deadlineMs: number): Promise<void>
}

/** Opens the pools and their minimum of connections. A database that cannot be reached is reported, and retried by the next borrower. */
export async function openDatasources(options: DatasourcesOptions): Promise<Datasources> {
  const pools = new Map(options.datasources.map((config) => [config.name, openPool(config, options)]))
  await Promise.all([...pools.values()].map(({ pool }) => pool.start()))
  const names = [...pools.keys()]
  return {
    names,
    get(name) {
      const found = pools.get(name)
      if (!found) throw fail('SPY_DATASOURCE_UNKNOWN', [name, names.join(', ') || 'none'])
      return found.datasource
    },
    configure(datasources) {
      for (const config of datasources) pools.get(config.name)?.pool.configure({ ...config })
    },
    requestEnded(traceId) {
      for (const { pool } of pools.values()) keepTraceOfHolder(pool, traceId)
    },
    async close(deadlineMs) {
      await Promise.all([...pools.values()].map((opened) => closePool(opened, deadlineMs)))
    },
  }
}

interface OpenedPool {
  readonly pool: Pool
  readonly datasource: Datasource
  readonly hide: () => void
}

function openPool(config: DatasourceConfig, options: DatasourcesOptions): OpenedPool {
  const reporter = new PoolReporter(config.name, options)
  const pool = new Pool(driverOf(config, options.folder), config, reporter, options.clock)
  return { pool, datasource: new Datasource(pool), hide: reporter.show(pool) }
}

function driverOf(config: DatasourceConfig, folder: string): Driver {
  return createSqliteDriver({ file: config.file, folder })
}

async function closePool({ pool, hide }: OpenedPool, deadlineMs: number): Promise<void> {
  await pool.close(deadlineMs)
  hide()
}

function keepTraceOfHolder(pool: Pool, traceId: string): void {
  if (pool.borrows.size === 0 || traceId === '') return
  for (const { asker, returned } of pool.borrows.values()) {
    if (!returned && asker.context && asker.traceId === traceId) asker.context.runInAsyncScope(() => currentAgent()?.markLeak())
  }
}

const KEY = Symbol.for('spyglass.datasources')
type Holder = { [KEY]?: Datasources }

/** Makes these the datasources that {@link getDatasource} finds; the result undoes it. */
export function installDatasources(datasources: Datasources): () => void {
  const global = globalThis as Holder
  global[KEY] = datasources
  return () => {
    if (global[KEY] === datasources) delete global[KEY]
  }
}

/**
 * The datasource of that name, in any module of an application that the server hosts.
 * @throws SPY_DATASOURCE_UNKNOWN, SPY_DATASOURCES_CLOSED
 */
export function getDatasource(name: string): Datasource {
  const datasources = (globalThis as Holder)[KEY]
  if (!datasources) throw fail('SPY_DATASOURCES_CLOSED')
  return datasources.get(name)
}
