/**
 * The one door to chDB: opens sessions on the data folder and turns its errors into ours. All sessions of a process share one engine,
 * whose configuration is read when the first one opens. Only asynchronous calls are made: a synchronous one stops the whole process.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { codeOf } from '@spyglass/agent/contract'
import { Session } from 'chdb'
import { resolveLibchdb } from 'chdb/libchdb'
import { writeEngineFiles } from './engine-files.ts'
import { fail } from './errors.ts'

export interface EngineOptions {
  /** Folder of the tables. */
  readonly path: string
  /** Folder of our own that the process changes into. */
  readonly workingFolder: string
  readonly maxMemoryBytes: number
}

/** What the engine's own parser says about a text. */
export interface Classification {
  readonly statementCount: number
  /** 0: reads only. */
  readonly queryClass: number
  readonly hasSecrets: boolean
}

/** One session of chDB. Whoever opened it is its only user, one call after the other. */
export interface RawSession {
  query(sql: string, format: string): Promise<RawResult>
  /** Chunks of formats that can be joined; each is asked for when the one before was taken. */
  stream(sql: string, format: string): RawStream
  classify(sql: string, database: string): Promise<Classification>
  close(): void
}

export interface RawResult {
  readonly bytes: Uint8Array
  readonly rows: number
}

export interface RawStream extends AsyncIterable<Uint8Array> {
  cancel(): void
}

export interface Engine {
  /** Opens a session with settings in command-line form (`--readonly=1`). */
  open(settings: Readonly<Record<string, string | number>>): RawSession
}

interface Addon {
  DurableClassifyAsync(connection: unknown, sql: string, database: string): Promise<Classification>
}

/** Settings of every session: inserts answer when the part is there, and deduplication follows our tokens alone. */
const EVERY_SESSION = { async_insert: 0, allow_statistics_optimize: 0 } as const

/** Prepares the engine. The process's working directory becomes `workingFolder`, where the engine looks for its configuration. */
export function prepareEngine({ path, workingFolder, maxMemoryBytes }: EngineOptions): Engine {
  const files = writeEngineFiles(workingFolder, maxMemoryBytes)
  process.chdir(files.folder)
  const addon = createRequire(import.meta.url)(dirname(resolveLibchdb().path)) as Addon
  return {
    open(settings) {
      const args = Object.entries({ ...EVERY_SESSION, ...settings }).map(([name, value]) => `--${name}=${value}`)
      return wrap(openSession(path, [`--config-file=${files.config}`, ...args]), addon)
    },
  }
}

function openSession(path: string, connectionArgs: string[]): Session {
  try {
    return new Session(path, { connectionArgs })
  } catch (error) {
    const owner = ownerOf(path)
    if (owner !== undefined) throw fail('SPY_STORE_IN_USE', [path, owner], error)
    throw fail('SPY_STORE_OPEN_FAILED', [path, error instanceof Error ? error.message : String(error)], error)
  }
}

/** The engine writes its process id beside its lock; chDB's own error does not tell why a folder cannot be opened. */
function ownerOf(path: string): number | undefined {
  try {
    const pid = Number(/^PID: (\d+)/m.exec(readFileSync(join(path, 'status'), 'utf8'))?.[1])
    if (!pid || pid === process.pid) return undefined
    return isAlive(pid) ? pid : undefined
  } catch {
    return undefined // no such file: nobody holds the folder
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

function wrap(session: Session, addon: Addon): RawSession {
  return {
    async query(sql, format) {
      const result = await session.queryAsync(sql, { format })
      return { bytes: result.bytes(), rows: result.rowsRead }
    },
    stream(sql, format) {
      const stream = session.queryStream(sql, { format })
      return {
        async *[Symbol.asyncIterator]() {
          for await (const chunk of stream) yield chunk.raw()
        },
        cancel: () => stream.cancel(),
      }
    },
    classify: (sql, database) => addon.DurableClassifyAsync(session.connection, sql, database),
    close: () => session.close(),
  }
}
