/** The embedded store without its network: sessions, schema, reader, writer and figures, opened and closed together. */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf, DATABASE, tables } from '@spyglass/agent/contract'
import { applySchema, planSchema, type Retention } from '../schema/index.ts'
import { createCanceller } from './cancel.ts'
import { prepareEngine, type RawSession } from './engine.ts'
import { OWNER_ROLE } from './engine-files.ts'
import { fail } from './errors.ts'
import { type EngineFunction, functionRules, FUNCTIONS_QUERY } from './gate/functions.ts'
import { createGate } from './gate/gate.ts'
import { createReader, type Reader } from './reader.ts'
import { openStoreSession, type StoreSession } from './session.ts'
import { createSessionPool, type SessionPool } from './session-pool.ts'
import { createSizeSampler, type StoreSize } from './size-sampler.ts'
import { createWriter, type Writer } from './writer.ts'

export interface StoreOptions {
  /** Folder of the store in the data folder. */
  readonly folder: string
  /** Folder of the write-ahead log. */
  readonly wal: string
  readonly readers: number
  readonly maxQueueLength: number
  readonly maxMemoryBytes: number
  readonly queryTimeoutMs: number
  readonly retention: Retention
  /** How often sizes are read. Default 10 000. */
  readonly sampleIntervalMs?: number
  readonly onLost?: (error: Error) => void
}

export interface Store {
  readonly engineVersion: string
  readonly timezone: string
  /** For clients with the reader's password. */
  readonly reader: Reader
  /** For our own processes: sessions apart, so that they never queue behind readers. */
  readonly ownReader: Reader
  readonly writer: Writer
  /** Columns and settings that the start added to older tables. */
  readonly schemaChanges: readonly string[]
  size(): StoreSize
  running(): number
  queued(): number
  close(): Promise<void>
}

const OWN_READERS = 2
const OWN_QUEUE = 64
const WRITER_QUEUE = 64
const ADMIN_QUEUE = 256
/** Largest answer that is made whole, in bytes of its columns. */
const MAX_RESULT_BYTES = 64 * 1024 * 1024

/**
 * Opens the store and makes its tables.
 * @throws SPY_STORE_IN_USE, SPY_STORE_OPEN_FAILED, SPY_STORE_SCHEMA_FAILED
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const path = join(options.folder, 'clickhouse')
  const scratch = join(options.folder, 'incoming')
  rmSync(scratch, { recursive: true, force: true })
  mkdirSync(scratch, { recursive: true, mode: 0o700 })
  const engine = prepareEngine({ path, workingFolder: join(options.folder, 'engine'), maxMemoryBytes: options.maxMemoryBytes })
  const { onLost } = options
  const session = (open: () => RawSession, prepare: readonly string[]): Promise<StoreSession> =>
    openStoreSession({ open, prepare, database: DATABASE, ...(onLost ? { onLost } : {}) })

  const admin = await session(() => engine.open({ max_threads: 1 }), [`SET ROLE ${OWNER_ROLE}`])
  const schemaChanges = await makeTables(admin, options.retention)
  const gate = createGate(functionRules(await functionsOf(admin)))
  const [engineVersion = '', timezone = ''] = (await rowsOf(admin, 'SELECT version(), timezone()'))[0] ?? []
  const openReader = (): RawSession => engine.open(readerSettings(options))
  const readers = (count: number): Promise<StoreSession[]> =>
    Promise.all(Array.from({ length: count }, () => session(openReader, ['SET ROLE NONE', `USE ${DATABASE}`])))
  const openWriter = (): RawSession => engine.open({ max_threads: 1, max_insert_threads: 1, fsync_metadata: 1 })

  const pools = {
    admin: createSessionPool([admin], ADMIN_QUEUE),
    readers: createSessionPool(await readers(options.readers), options.maxQueueLength),
    own: createSessionPool(await readers(OWN_READERS), OWN_QUEUE),
    writer: createSessionPool([await session(openWriter, [])], WRITER_QUEUE),
  } satisfies Record<string, SessionPool>
  const canceller = createCanceller(pools.admin)
  const sampler = createSizeSampler(pools.admin, options.sampleIntervalMs ?? 10_000)

  return {
    engineVersion,
    timezone,
    schemaChanges,
    reader: createReader({ pool: pools.readers, gate, canceller }),
    ownReader: createReader({ pool: pools.own, gate, canceller }),
    writer: createWriter({ pool: pools.writer, wal: options.wal, scratch }),
    size: () => sampler.size(),
    running: () => pools.readers.running + pools.own.running,
    queued: () => pools.readers.waiting + pools.own.waiting,
    async close() {
      sampler.stop()
      await Promise.all([pools.readers.close(), pools.own.close(), pools.writer.close()])
      await pools.admin.close()
    },
  }
}

/** Limits stand on the connection, where `readonly=1` keeps a statement from changing them. */
function readerSettings({ maxMemoryBytes, queryTimeoutMs, readers }: StoreOptions): Record<string, string | number> {
  return {
    max_execution_time: Math.ceil(queryTimeoutMs / 1000) + 1,
    max_memory_usage: Math.floor(maxMemoryBytes / Math.min(readers + 1, 4)),
    max_result_bytes: MAX_RESULT_BYTES,
    max_result_rows: 5_000_000,
    max_ast_depth: 300,
    max_ast_elements: 20_000,
    max_expanded_ast_elements: 100_000,
    max_query_size: 1_048_576,
    max_threads: 1,
    os_threads_nice_value_query: 15,
    output_format_native_write_json_as_string: 1,
    readonly: 1, // last: nothing can be set after it
  }
}

/**
 * The statements by which {@link openStore} would bring older tables up to date; runs none of them.
 * @throws SPY_STORE_IN_USE, SPY_STORE_OPEN_FAILED, SPY_STORE_SCHEMA_NEWER
 */
export async function planStore({ folder, maxMemoryBytes, retention }: StoreOptions): Promise<readonly string[]> {
  const engine = prepareEngine({ path: join(folder, 'clickhouse'), workingFolder: join(folder, 'engine'), maxMemoryBytes })
  const admin = await openStoreSession({
    open: () => engine.open({ max_threads: 1 }),
    prepare: [`SET ROLE ${OWNER_ROLE}`],
    database: DATABASE,
  })
  try {
    return (await planSchema((sql) => rowsOf(admin, sql), { tables: Object.values(tables), retention })).statements
  } finally {
    admin.close()
  }
}

async function makeTables(admin: StoreSession, retention: Retention): Promise<readonly string[]> {
  try {
    const { statements } = await applySchema((sql) => rowsOf(admin, sql), { tables: Object.values(tables), retention })
    return statements
  } catch (error) {
    if (codeOf(error) === 'SPY_STORE_SCHEMA_NEWER') throw error
    throw fail('SPY_STORE_SCHEMA_FAILED', [error instanceof Error ? error.message : String(error)], error)
  }
}

async function functionsOf(admin: StoreSession): Promise<EngineFunction[]> {
  const rows = await rowsOf(admin, FUNCTIONS_QUERY)
  return rows.map(([name = '', alias_to = '', categories = '', origin = '', aggregate]) => ({
    name,
    alias_to,
    categories,
    origin,
    isAggregate: aggregate === '1',
  }))
}

async function rowsOf(session: StoreSession, sql: string): Promise<string[][]> {
  const { bytes } = await session.query(sql, 'JSONCompactStringsEachRow')
  const text = Buffer.from(bytes).toString('utf8').trim()
  return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line) as string[])
}
