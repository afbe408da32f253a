/**
 * Allows one Spyglass per data folder. The lock is SQLite's exclusive lock (fcntl) on the empty file `run/lock`, the only kernel lock that Node
 * reaches without an addon. The kernel holds it by file, not by name, for as long as the process lives: nothing is left after a kill -9 or
 * a power cut, a copied file is not locked, and containers that share the volume see it. `run/keeper.json` only says who holds it.
 */
import { existsSync, lstatSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { messageOf } from '@spyglass/agent/contract'
import { fail } from '../errors.ts'

export interface DataLock {
  /** Whether the last keeper ended without releasing its lock: its processes may still be ending. */
  readonly afterCrash: boolean
  release(): void
}

/** Who holds a data folder. The pid means something only on that host. */
export interface Holder {
  readonly pid: number
  readonly host: string
}

const SQLITE_BUSY = 5
const SQLITE_NOT_A_DATABASE = 26
/** A reader that checks the lock holds it shared for a moment. */
const PATIENCE_MS = 300

/** @throws SPY_DATA_IN_USE, SPY_DATA_UNLOCKABLE, SPY_DATA_LOCK_MISPLACED */
export function lockDataFolder(root: string, runFolder: string): DataLock {
  const database = acquire(root, runFolder)
  const note = noteFile(runFolder)
  const afterCrash = existsSync(note)
  writeNote(note)
  return {
    afterCrash,
    release() {
      removeNote(note)
      database.close()
    },
  }
}

/** The current holder of the folder; undefined when nobody holds it. */
export function holderOf(runFolder: string): Holder | undefined {
  const file = lockFile(runFolder)
  if (!existsSync(file)) return undefined
  try {
    const database = open(file, { readOnly: true, timeout: 0 })
    try {
      database.prepare('SELECT count(*) FROM sqlite_schema').get()
    } finally {
      database.close()
    }
    return undefined
  } catch (error) {
    return sqliteCode(error) === SQLITE_BUSY ? readNote(runFolder) : undefined
  }
}

function acquire(root: string, runFolder: string): DatabaseSync {
  const file = lockFile(runFolder)
  const wrong = whatLiesAt(file)
  if (wrong !== undefined) throw fail('SPY_DATA_LOCK_MISPLACED', [file, wrong])
  try {
    return exclusive(file)
  } catch (error) {
    if (sqliteCode(error) === SQLITE_BUSY) throw fail('SPY_DATA_IN_USE', [root, textOf(readNote(runFolder))], error)
    if (sqliteCode(error) !== SQLITE_NOT_A_DATABASE) throw unlockable(file, error)
  }
  // Its content means nothing and nobody holds it: the lock of an earlier version, or damage.
  try {
    truncateSync(file)
    return exclusive(file)
  } catch (error) {
    if (sqliteCode(error) === SQLITE_BUSY) throw fail('SPY_DATA_IN_USE', [root, textOf(readNote(runFolder))], error)
    throw unlockable(file, error)
  }
}

/** What is there instead of a file, in words; undefined if it is a file, or nothing. SQLite says of each only that it cannot open it. */
function whatLiesAt(file: string): string | undefined {
  const own = lstatSync(file, { throwIfNoEntry: false })
  const found = own?.isSymbolicLink() ? targetOf(file) : own
  if (own && !found) return 'a link that leads nowhere'
  if (!found || found.isFile()) return undefined
  if (found.isDirectory()) return 'a folder'
  if (found.isFIFO()) return 'a pipe'
  return found.isSocket() ? 'a socket' : 'a device'
}

/** A link in a circle leads nowhere as well. */
function targetOf(file: string): ReturnType<typeof statSync> {
  try {
    return statSync(file, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

function exclusive(file: string): DatabaseSync {
  const database = open(file, { timeout: PATIENCE_MS })
  try {
    database.exec('PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE') // nothing is ever written, so it works on a full disk as well
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Loaded on demand: commands that need no data folder do without. */
function open(file: string, options: { readonly readOnly?: boolean; readonly timeout: number }): DatabaseSync {
  const { DatabaseSync: Database } = process.getBuiltinModule('node:sqlite')
  return new Database(file, options)
}

const unlockable = (file: string, error: unknown): Error => fail('SPY_DATA_UNLOCKABLE', [file, messageOf(error)], error)

const sqliteCode = (error: unknown): unknown => (error as { errcode?: unknown } | null)?.errcode

const lockFile = (runFolder: string): string => join(runFolder, 'lock')
const noteFile = (runFolder: string): string => join(runFolder, 'keeper.json')

/** For people only: the lock works without it. */
function writeNote(file: string): void {
  try {
    writeFileSync(file, `${JSON.stringify({ pid: process.pid, host: hostname() } satisfies Holder)}\n`)
  } catch {
    // a full disk, or something else at that path: a refused process then does not learn the pid
  }
}

/** On a disk that has turned read-only it stays: the next keeper then waits for processes that are not there, which costs nothing. */
function removeNote(file: string): void {
  try {
    rmSync(file, { force: true })
  } catch {
    // see above
  }
}

/** The pid is 0 where the note is missing or unreadable. */
function readNote(runFolder: string): Holder {
  try {
    const { pid, host } = JSON.parse(readFileSync(noteFile(runFolder), 'utf8')) as Partial<Holder>
    return { pid: Number.isSafeInteger(pid) ? pid! : 0, host: typeof host === 'string' ? host : '' }
  } catch {
    return { pid: 0, host: '' }
  }
}

function textOf({ pid, host }: Holder): string {
  if (pid === 0) return 'another process'
  return host === '' || host === hostname() ? `process ${pid}` : `process ${pid} on host ${host}`
}
