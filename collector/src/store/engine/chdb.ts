/**
 * The one door to chDB, opened only in the engine's process. All sessions of a process share one engine, whose configuration is read when
 * the first one opens. Only asynchronous calls are made: a synchronous one stops the whole process.
 */
import { mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { codeOf, messageOf } from '@spyglass/agent/contract'
import { Session } from 'chdb'
import { resolveLibchdb } from 'chdb/libchdb'
import type { Classification, RawResult, SessionSettings } from './engine.ts'
import { writeEngineFiles } from './engine-files.ts'

export interface EngineOptions {
  /** Folder of the tables. */
  readonly path: string
  /** Folder of our own that the process changes into. */
  readonly workingFolder: string
  readonly maxMemoryBytes: number
}

/** A session as the engine's process holds it. */
export interface ChdbSession {
  query(sql: string, format: string): Promise<RawResult>
  stream(sql: string, format: string): AsyncGenerator<RawResult>
  classify(sql: string, database: string): Promise<Classification>
  close(): void
}

export type OpenSession = (settings: SessionSettings) => ChdbSession

/** Why the data folder cannot be opened, with the process that holds it, if one does. */
export class OpenError extends Error {
  readonly owner: number | undefined

  constructor(owner: number | undefined, cause: unknown) {
    super(messageOf(cause), { cause })
    this.owner = owner
  }
}

interface Addon {
  DurableClassifyAsync(connection: unknown, sql: string, database: string): Promise<Classification>
}

/**
 * Settings of every session: inserts answer when the part is there, and deduplication follows our tokens alone. The last two are those of a
 * server: the library takes any expression for a SELECT (`foobar`, so that syntax errors stand in the wrong place), and offers introspection.
 */
const EVERY_SESSION = { async_insert: 0, allow_statistics_optimize: 0, implicit_select: 0, allow_introspection_functions: 0 } as const

/** Where a prepared engine finds what it needs; a plain object, so that threads can be given it. */
export interface PreparedEngine {
  readonly path: string
  /** The same folder by another path, which the engine shows. */
  readonly shownPath: string
  /** The configuration file. */
  readonly config: string
}

/** Prepares the engine. `workingFolder` becomes the working directory, where the engine looks for its configuration. */
export function prepareEngine({ path, workingFolder, maxMemoryBytes }: EngineOptions): PreparedEngine {
  const { folder, config } = writeEngineFiles(workingFolder, maxMemoryBytes)
  process.chdir(folder)
  return { path, shownPath: linkTo(path, folder), config }
}

export function sessionOpener({ path, shownPath, config }: PreparedEngine): OpenSession {
  const addon = createRequire(import.meta.url)(dirname(resolveLibchdb().path)) as Addon
  return (settings) => {
    const args = Object.entries({ ...EVERY_SESSION, ...settings }).map(([name, value]) => `--${name}=${value}`)
    return wrap(openSession(path, shownPath, [`--config-file=${config}`, ...args]), addon)
  }
}

/**
 * The engine shows the path that it was given in `system.tables` and in error messages, and readers must not see the layout of
 * the machine's disk. A path through the working directory reveals nothing. Only Linux has such a path.
 */
function linkTo(path: string, folder: string): string {
  if (process.platform !== 'linux') return path
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const link = join(folder, 'data')
  if (targetOf(link) !== path) {
    rmSync(link, { force: true })
    symlinkSync(path, link)
  }
  return '/proc/self/cwd/data'
}

function targetOf(link: string): string | undefined {
  try {
    return readlinkSync(link)
  } catch {
    return undefined // there is none
  }
}

function openSession(path: string, shownPath: string, connectionArgs: string[]): Session {
  try {
    return new Session(shownPath, { connectionArgs })
  } catch (error) {
    throw new OpenError(ownerOf(path), error)
  }
}

/**
 * The engine writes its process id beside its lock; chDB's own error does not tell why a folder cannot be opened. Who holds it is the
 * store that the engine belongs to.
 */
function ownerOf(path: string): number | undefined {
  try {
    const pid = Number(/^PID: (\d+)/m.exec(readFileSync(join(path, 'status'), 'utf8'))?.[1])
    if (!pid || pid === process.pid) return undefined
    return isAlive(pid) ? (parentOf(pid) ?? pid) : undefined
  } catch {
    return undefined // no such file: nobody holds the folder
  }
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) || undefined
  } catch {
    return undefined // only Linux tells it so
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

function wrap(session: Session, addon: Addon): ChdbSession {
  return {
    async query(sql, format) {
      const result = await session.queryAsync(sql, { format })
      return { bytes: result.bytes(), rows: result.rowsRead }
    },
    async *stream(sql, format) {
      const stream = session.queryStream(sql, { format })
      try {
        for await (const chunk of stream) yield { bytes: chunk.raw(), rows: chunk.numRows }
      } finally {
        stream.cancel()
      }
    },
    classify: (sql, database) => addon.DurableClassifyAsync(session.connection, sql, database),
    close: () => session.close(),
  }
}
