/** Errors of connections by what they say of a member. */
import { codeOf } from '@spyglass/agent/contract'

/** Nobody listens there. PostgreSQL's 57P03: it starts or stops, and takes no connections. */
const REFUSED: ReadonlySet<string | undefined> = new Set(['ECONNREFUSED', 'ENOENT', '57P03'])

/** The connection, not what was asked over it. Class 57P is PostgreSQL ending it, class 08 its own errors of connections. */
const LOST =
  /^(E(CONN\w+|PIPE|HOSTUNREACH|NETUNREACH|TIMEDOUT|NOTFOUND|AI_AGAIN)|PROTOCOL_CONNECTION_LOST|57P\w\w|08\w\w\w|ER_(SERVER_SHUTDOWN|CONNECTION_KILLED|NEW_ABORTING_CONNECTION))$/

export const isRefused = (error: unknown): boolean => REFUSED.has(codeOf(error))

/** Whether the other side is gone, so that another member may do. */
export function isConnectionLost(error: unknown): boolean {
  const code = codeOf(error)
  if (code !== undefined) return REFUSED.has(code) || LOST.test(code) || code === 'SPY_CONNECTION_SILENT' || code === 'SPY_CONNECTION_LOST'
  // pg gives its own errors no code
  return error instanceof Error && /connection terminated|not queryable|connection error/i.test(error.message)
}
