/** The embedded store without its network: engine, sessions, schema, readers, writer and figures, opened and closed together. */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf, messageOf, tables } from '@spyglass/agent/contract'
import { isReadOnly } from '@spyglass/process/durable-file'
import { applySchema, planSchema, type Retention } from '../schema/index.ts'
import { type ClientBackOff, createClientBackOff } from './client-back-off.ts'
import { createCanceller } from './cancel.ts'
import { openReplaceableEngine, type ReplaceableEngine } from './engine/replaceable-engine.ts'
import { startEngine } from './engine/start-engine.ts'
import { fail } from './errors.ts'
import { createReader, type Reader } from './reader.ts'
import { rowsOf, type StoreSession } from './session.ts'
import type { SessionPool } from './session-pool.ts'
import { openAdmin, openPools, type PoolOptions, THREADS_BESIDE_READERS } from './session-pools.ts'
import { createSizeSampler, type StoreSize } from './size-sampler.ts'
import { openStatementRules } from './statement-rules.ts'
import { createSpaceLimit, defaultMaxBytes, type SpaceLimit, type SpaceLimitOptions } from './space-limit.ts'
import { createWriter, type Writer } from './writer.ts'

export interface StoreOptions extends PoolOptions {
  /** Folder of the store in the data folder. */
  readonly folder: string
  /** Folder of the write-ahead log. */
  readonly wal: string
  readonly queueTimeoutMs: number
  readonly queryGraceMs: number
  readonly queryPatienceMs: number
  readonly retention: Retention
  /** How often sizes are read. Default 10 000. */
  readonly sampleIntervalMs?: number
  /** Called when the engine process exited and another one takes over. */
  readonly onEngineEnd?: (reason: string) => void
  /** Called when the next engine could not be started; it is tried again. */
  readonly onEngineStartFailure?: (reason: string) => void
  /** Maximum bytes of all tables. Default: the smaller of 20 GB and 20 % of the disk. */
  readonly maxBytes?: number | undefined
  /** The limits that may change meanwhile. Default: those above. */
  readonly current?: () => LiveLimits
  readonly onDropped?: SpaceLimitOptions['onDropped']
  /** Called when old data could not be pinned or dropped; it is retried a minute later. */
  readonly onTidyFailure?: (error: unknown) => void
}

export type LiveLimits = Pick<StoreOptions, 'queueTimeoutMs' | 'queryGraceMs' | 'queryPatienceMs' | 'maxBytes'>

/** Which sessions a statement runs on: those of clients with the reader's password, or those reserved for one of our own parts. */
export type ReaderName = 'clients' | 'console' | 'rules'

export interface Store {
  readonly engineVersion: string
  readonly timezone: string
  readonly readers: Readonly<Record<ReaderName, Reader>>
  readonly writer: Writer
  readonly backOff: ClientBackOff
  /** Columns and settings that the start added to older tables. */
  readonly schemaChanges: readonly string[]
  readonly space: Pick<SpaceLimit, 'maxBytes' | 'daysKept' | 'partitionsDropped'>
  size(): StoreSize
  running(): number
  queued(): number
  /** Process of the engine; undefined while the next one starts. */
  enginePid(): number | undefined
  /** How many times the engine was replaced. */
  engineReplacements(): number
  /** Kills the engine whatever it does, so that a close has nothing to wait for. Acknowledged data is on disk. */
  abandon(): void
  close(): Promise<void>
}

/**
 * Opens the store and creates its tables.
 * @throws SPY_STORE_IN_USE, SPY_STORE_OPEN_FAILED, SPY_STORE_SCHEMA_FAILED
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const scratch = emptyScratch(options.folder)
  const engine = await openEngine(options)
  const admin = await openAdmin(engine)
  const schemaChanges = engine.isReadOnly ? await upToDate(admin, options.retention) : await makeTables(admin, options.retention)
  const [engineVersion = '', timezone = ''] = (await rowsOf(admin, 'SELECT version(), timezone()'))[0] ?? []
  const pools = await openPools(engine, admin, options)
  const rules = await pools.rules.use((reader) => openStatementRules({ admin, reader }, options))
  const canceller = createCanceller(pools.admin)
  const backOff = createClientBackOff()
  const { current = () => options } = options
  const defaultBytes = defaultMaxBytes(options.folder)
  const space = createSpaceLimit({
    pool: pools.writer,
    maxBytes: () => current().maxBytes ?? defaultBytes,
    retention: options.retention,
    ...(options.onDropped ? { onDropped: options.onDropped } : {}),
    ...(options.onTidyFailure ? { onFailure: options.onTidyFailure } : {}),
  })
  const sampler = createSizeSampler(pools.admin, options.sampleIntervalMs ?? 10_000)
  const reader = (pool: SessionPool): Reader =>
    createReader({
      ...rules,
      pool,
      canceller,
      backOff,
      time: () => ({ limitMs: options.queryTimeoutMs, graceMs: current().queryGraceMs, patienceMs: current().queryPatienceMs }),
      maxWaitMs: () => current().queueTimeoutMs,
      onStuck: () => engine.replace(),
    })
  const { clients, console, rules: ofRules, writer } = pools
  const sumOf = (figure: (pool: SessionPool) => number): number => figure(clients) + figure(console) + figure(ofRules)

  return {
    engineVersion,
    timezone,
    schemaChanges,
    backOff,
    readers: { clients: reader(clients), console: reader(console), rules: reader(ofRules) },
    writer: createWriter({ pool: writer, wal: options.wal, scratch, isReadOnly: () => engine.isReadOnly }),
    space,
    size: () => sampler.size(),
    running: () => sumOf((pool) => pool.running),
    queued: () => sumOf((pool) => pool.waiting),
    enginePid: () => engine.pid,
    engineReplacements: () => engine.replacements,
    abandon: () => void engine.close(),
    async close() {
      sampler.stop()
      space.stop()
      await Promise.all([clients.close(), console.close(), ofRules.close(), writer.close()])
      await pools.admin.close()
      await engine.close()
    },
  }
}

/** What an earlier store left there goes, unless the disk is read-only; then nothing is written there either. */
function emptyScratch(folder: string): string {
  const scratch = join(folder, 'incoming')
  if (isReadOnly(folder)) return scratch
  rmSync(scratch, { recursive: true, force: true })
  mkdirSync(scratch, { recursive: true, mode: 0o700 })
  return scratch
}

async function openEngine({
  folder,
  maxMemoryBytes,
  readers,
  onEngineEnd,
  onEngineStartFailure,
}: StoreOptions): Promise<ReplaceableEngine> {
  const options = {
    path: join(folder, 'clickhouse'),
    workingFolder: join(folder, 'engine'),
    maxMemoryBytes,
    threads: readers + THREADS_BESIDE_READERS,
    onWritable: () => engine.replace(),
  }
  const engine = await openReplaceableEngine({
    start: () => startEngine(options),
    ...(onEngineEnd ? { onEnd: onEngineEnd } : {}),
    ...(onEngineStartFailure ? { onStartFailure: onEngineStartFailure } : {}),
  })
  return engine
}

/**
 * The statements by which {@link openStore} would bring older tables up to date; runs none of them.
 * @throws SPY_STORE_IN_USE, SPY_STORE_OPEN_FAILED, SPY_STORE_SCHEMA_NEWER
 */
export async function planStore(options: StoreOptions): Promise<readonly string[]> {
  const engine = await openEngine(options)
  try {
    const admin = await openAdmin(engine)
    return await planOf(admin, options.retention)
  } finally {
    await engine.close()
  }
}

async function planOf(admin: StoreSession, retention: Retention): Promise<readonly string[]> {
  return (await planSchema((sql) => rowsOf(admin, sql), { tables: Object.values(tables), retention })).statements
}

/** Tables that can only be read are as they are. */
async function upToDate(admin: StoreSession, retention: Retention): Promise<readonly string[]> {
  const missing = await planOf(admin, retention)
  if (missing.length > 0) throw fail('SPY_STORE_SCHEMA_FAILED', ['the disk is read-only, and the tables must be migrated first'])
  return []
}

async function makeTables(admin: StoreSession, retention: Retention): Promise<readonly string[]> {
  try {
    const { statements } = await applySchema((sql) => rowsOf(admin, sql), { tables: Object.values(tables), retention })
    return statements
  } catch (error) {
    if (codeOf(error) === 'SPY_STORE_SCHEMA_NEWER') throw error
    throw fail('SPY_STORE_SCHEMA_FAILED', [messageOf(error)], error)
  }
}
