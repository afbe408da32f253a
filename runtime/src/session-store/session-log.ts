/** The file of one name's sessions, `sessions.N`. A change is with the kernel before it is acknowledged; a loss of power may lose the last second. */
import type { Damage } from '@spyglass/process/durable-file'
import { type Change, ChangeLog, readLines as readChanges, readLog as readChangeLog } from '../change-log/index.ts'
import { isSessionId } from '../session/session-id.ts'
import type { Stored } from '../session/session-store.ts'

export { lineOf } from '../change-log/index.ts'

export interface SessionLogOptions {
  readonly folder: string
  readonly onDamage: (damage: Damage) => void
  readonly now?: () => number
}

const SYNC_MS = 1000

export class SessionLog {
  readonly #log: ChangeLog
  readonly #timer: NodeJS.Timeout

  private constructor(log: ChangeLog) {
    this.#log = log
    this.#timer = setInterval(() => log.flush(), SYNC_MS).unref()
  }

  /** Reads what is there. What is damaged is skipped, counted and kept aside; it is never a reason not to start. */
  static open({ folder, onDamage, now = Date.now }: SessionLogOptions): {
    readonly log: SessionLog
    readonly sessions: Map<string, Stored>
  } {
    const sessions = new Map<string, Stored>()
    function* all(): Iterable<Change> {
      for (const [id, stored] of sessions) if (stored.until > now()) yield changeOf(id, stored)
    }
    const log = ChangeLog.open({ folder, name: 'sessions', carryOut: (change) => carriedOut(change, sessions), all, onDamage, now })
    for (const [id, { until }] of sessions) if (until <= now()) sessions.delete(id)
    return { log: new SessionLog(log), sessions }
  }

  get damagedLines(): number {
    return this.#log.damagedLines
  }

  stored(id: string, stored: Stored): void {
    this.#log.append(changeOf(id, stored))
  }

  touched(id: string, until: number): void {
    this.#log.append(['t', id, until])
  }

  removed(id: string): void {
    this.#log.append(['r', id])
  }

  /** Writes a new file without history, if the old one is mostly that. A full disk leaves the old one in use. */
  compactIfWorth(): void {
    this.#log.compactIfWorth()
  }

  close(): void {
    clearInterval(this.#timer)
    this.#log.close()
  }
}

const changeOf = (id: string, { version, createdAt, until, text, mark }: Stored): Change => [
  's',
  id,
  version,
  createdAt,
  until,
  text,
  ...(mark === undefined ? [] : [mark]),
]

/** As `readLines`, in parts: Node reads no file of more than 2 GiB at once. */
export const readLog = (file: string, sessions: Map<string, Stored>, partBytes?: number): number =>
  readChangeLog(file, (change) => carriedOut(change, sessions), partBytes)

/** Carries out the lines; gives the number of damaged ones. An unfinished last line was never acknowledged and is no damage. */
export const readLines = (bytes: Buffer, sessions: Map<string, Stored>): number =>
  readChanges(bytes, (change) => carriedOut(change, sessions))

function carriedOut(change: Change, sessions: Map<string, Stored>): boolean {
  const [what, id, ...rest] = change as [string, string, ...unknown[]]
  if (!isSessionId(id)) return false
  const before = sessions.get(id)
  if (what === 'r') sessions.delete(id)
  else if (what === 't' && before) sessions.set(id, { ...before, until: Number(rest[0]) })
  else if (what === 's') {
    const [version, createdAt, until, text, mark] = rest as [number, number, number, string, string?]
    sessions.set(id, { version, createdAt, until, text, ...(mark === undefined ? {} : { mark }) })
  }
  return true
}
