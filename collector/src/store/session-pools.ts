/** Which sessions there are and what each may do. Those of readers are limited; each part of our own has some that no client can take. */
import { DATABASE } from '@spyglass/agent/contract'
import type { Engine, SessionSettings } from './engine/engine.ts'
import { OWNER_ROLE } from './engine/engine-files.ts'
import { createStoreSession, openStoreSession, type StoreSession } from './session.ts'
import type { ReaderLimits } from './settings/allowed.ts'
import { createSessionPool, type SessionPool } from './session-pool.ts'

export interface PoolOptions {
  /** Sessions for clients. */
  readonly readers: number
  readonly maxQueueLength: number
  readonly maxMemoryBytes: number
  readonly queryTimeoutMs: number
}

export interface SessionPools {
  readonly admin: SessionPool
  readonly clients: SessionPool
  readonly console: SessionPool
  readonly rules: SessionPool
  readonly writer: SessionPool
}

const CONSOLE_READERS = 2
const RULE_READERS = 1
const OTHER_SESSIONS = 3 // admin, writer, and the one that keeps the engine open
const SPARE_THREADS = 8
/** A statement holds a thread of the engine while it runs. */
export const THREADS_BESIDE_READERS = CONSOLE_READERS + RULE_READERS + OTHER_SESSIONS + SPARE_THREADS

const OWN_QUEUE = 64
const WRITER_QUEUE = 64
const ADMIN_QUEUE = 256

/** Largest answer, in bytes of its columns. */
const MAX_RESULT_BYTES = 64 * 1024 * 1024
const MAX_RESULT_ROWS = 5_000_000

/** The session that makes tables, kills statements and reads sizes. */
export const openAdmin = (engine: Engine): Promise<StoreSession> => sessionOf(engine, { max_threads: 1 }, [`SET ROLE ${OWNER_ROLE}`])

export async function openPools(engine: Engine, admin: StoreSession, options: PoolOptions): Promise<SessionPools> {
  const settings = readerSettings(options)
  const own = (count: number): Promise<StoreSession[]> =>
    Promise.all(Array.from({ length: count }, () => sessionOf(engine, settings, READER)))
  const clients = Array.from({ length: options.readers }, (_, i) =>
    createStoreSession({ open: (given) => engine.open({ ...settings, ...given }, i + 1), prepare: READER, database: DATABASE }),
  )
  const writer = await sessionOf(engine, { max_threads: 1, max_insert_threads: 1, fsync_metadata: 1 }, [])
  return {
    admin: createSessionPool([admin], ADMIN_QUEUE),
    clients: createSessionPool(clients, options.maxQueueLength),
    console: createSessionPool(await own(CONSOLE_READERS), OWN_QUEUE),
    rules: createSessionPool(await own(RULE_READERS), OWN_QUEUE),
    writer: createSessionPool([writer], WRITER_QUEUE),
  }
}

/** Readers give up the role that may write and read files. */
const READER = ['SET ROLE NONE', `USE ${DATABASE}`]

function sessionOf(engine: Engine, settings: SessionSettings, prepare: readonly string[]): Promise<StoreSession> {
  return openStoreSession({ open: (given) => engine.open({ ...settings, ...given }), prepare, database: DATABASE })
}

/** What a reader's statement may use; a client can lower it. */
export const readerLimits = ({ maxMemoryBytes, readers, queryTimeoutMs }: LimitOptions): ReaderLimits => ({
  maxMemoryBytes: Math.floor(maxMemoryBytes / Math.min(readers + 1, 4)),
  maxResultBytes: MAX_RESULT_BYTES,
  maxResultRows: MAX_RESULT_ROWS,
  maxExecutionSeconds: queryTimeoutMs / 1000,
})

export type LimitOptions = Pick<PoolOptions, 'maxMemoryBytes' | 'readers' | 'queryTimeoutMs'>

/** Limits stand on the connection, where `readonly=1` keeps a statement from changing them. */
function readerSettings(options: PoolOptions): SessionSettings {
  const { maxMemoryBytes, maxResultBytes, maxResultRows } = readerLimits(options)
  return {
    max_execution_time: Math.ceil(options.queryTimeoutMs / 1000) + 1,
    max_memory_usage: maxMemoryBytes,
    max_result_bytes: maxResultBytes,
    max_result_rows: maxResultRows,
    max_ast_depth: 300,
    max_ast_elements: 20_000,
    max_expanded_ast_elements: 100_000,
    max_query_size: 1_048_576,
    max_threads: 1,
    os_threads_nice_value_query: 15,
    output_format_native_write_json_as_string: 1,
    readonly: 1,
  }
}
