/** Who holds the connections of a pool, joined with what the database says of the sessions behind them. */
import type { Blocker, Holder, HolderSession } from '@spyglass/agent/contract'
import { normaliseSql } from '@spyglass/agent/sql'
import type { Borrow, Pool } from '../pool/index.ts'
import { askDatabase } from './ask-database.ts'
import type { DatabaseSession } from '../database-sessions.ts'

/** Holders named at once: with hundreds of connections the longest say enough. */
export const HOLDERS_NAMED = 50

/** Who has had a connection for longest first. */
export const longestHeld = ({ borrows }: Pool): readonly Borrow[] => [...borrows.values()].slice(0, HOLDERS_NAMED)

/**
 * The holders with their sessions.
 * @throws SPY_SESSIONS_UNKNOWN
 */
export async function autopsyOf(pool: Pool): Promise<readonly Holder[]> {
  const borrows = longestHeld(pool)
  const sessions = await askDatabase(pool, (database) => database.look(borrows.flatMap(sessionOf)))
  const found = new Sessions(pool, sessions)
  const now = pool.clock.now()
  return borrows.map((borrow) => {
    const session = found.of(borrow)
    return { ...borrow.holder(now), ...(session ? { session } : {}) }
  })
}

const sessionOf = ({ entry }: Borrow): readonly number[] => (entry.connection.session === undefined ? [] : [entry.connection.session])

class Sessions {
  readonly #system: string
  readonly #byId: ReadonlyMap<number, DatabaseSession>
  /** Connections of the pool by their sessions. */
  readonly #connections: ReadonlyMap<number, number>

  constructor({ driver, borrows }: Pool, sessions: readonly DatabaseSession[]) {
    this.#system = driver.system
    this.#byId = new Map(sessions.map((session) => [session.id, session]))
    this.#connections = new Map([...borrows.values()].flatMap((borrow) => sessionOf(borrow).map((id) => [id, borrow.entry.id] as const)))
  }

  of(borrow: Borrow): HolderSession | undefined {
    const [id = Number.NaN] = sessionOf(borrow)
    const session = this.#byId.get(id)
    if (!session) return undefined
    const { state, stateMs, waitsFor, blockedBy } = session
    return { id, state, stateMs: Math.round(stateMs), waitsFor, blockers: blockedBy.map((blocker) => this.#blocker(blocker)) }
  }

  #blocker(id: number): Blocker {
    const { who = '', state = '', stateMs = 0, statement = '' } = this.#byId.get(id) ?? {}
    const connection = this.#connections.get(id)
    const known = { id, who, state, stateMs: Math.round(stateMs), statement: normaliseSql(statement, this.#system) }
    return connection === undefined ? known : { ...known, connection }
  }
}

/** The row of a holder in the answer to an operation. */
export function autopsyRow(borrow: Pick<Holder, 'connection' | 'heldMs' | 'route' | 'location' | 'statement' | 'leaked' | 'session'>) {
  const { connection, heldMs, route, location, statement, leaked, session } = borrow
  const { id, state, stateMs, waitsFor, blockers } = session ?? { id: 0, state: 'unknown', stateMs: 0, waitsFor: '', blockers: [] }
  const blockedBy = blockers.map(blockerText).join('; ')
  return { connection, heldMs, route, location, statement, leaked, session: id, state, stateMs, waitsFor, blockedBy }
}

/** `connection 3 (idle in transaction for 12.0 s): UPDATE …` */
function blockerText({ id, connection, who, state, stateMs, statement }: Blocker): string {
  const name = connection === undefined ? `session ${id}` : `connection ${connection}`
  const about = [who && connection === undefined && `of ${who}`, state && `(${state} for ${(stateMs / 1000).toFixed(1)} s)`]
  return `${[name, ...about].filter(Boolean).join(' ')}${statement ? `: ${statement}` : ''}`
}
