import { errorsOf, SpyglassError } from '@spyglass/agent/contract'

/** Errors of datasources, their pools and their connections. */
export const datasourceErrors = {
  SPY_POOL_TIMEOUT:
    'pool %s: no connection within %d ms: %d of %d connections are lent and %d other borrowers are waiting; the longest holder has had its connection for %d ms: %s',
  SPY_POOL_QUEUE_FULL:
    'pool %s: all %d connections are lent and %d borrowers are already waiting; raise maxWaiting or max, or find the holder: %s',
  SPY_POOL_CLOSED: 'pool %s is closed',
  SPY_CONNECTION_RETURNED: 'pool %s: the connection was already returned and can no longer be used; borrowed at %s',
  SPY_CONNECTION_RECLAIMED:
    'pool %s: the connection was taken back after %d ms and can no longer be used; borrowed at %s. Return it earlier, or raise reclaimAfterMs',
  SPY_CONNECTION_NOT_LENT: 'pool %s: no connection %s is lent',
  SPY_STATEMENT_NOT_RUNNING: 'pool %s: no statement runs on connection %s',
  SPY_SESSIONS_UNKNOWN: 'pool %s: its database says nothing about its sessions: %s',
  SPY_CONNECTION_FAILED: 'pool %s: cannot open a connection to %s: %s',
  SPY_CONNECTION_SILENT: '%s did not answer within %d ms (connectTimeoutMs)',
  SPY_CONNECTION_LOST: 'the connection to %s was lost: %s',
  SPY_COMMIT_UNKNOWN:
    'pool %s: the connection to %s was lost while it committed, so that nobody knows whether that took effect; look before you repeat it: %s',
  SPY_MEMBER_SILENT: '%s did not say what it is within %d ms (probeTimeoutMs)',
  SPY_MEMBER_UNKNOWN: 'datasource %s has no member %s; it has %s',
  SPY_WRITER_MISSING:
    'datasource %s: no member gets the writes: %s. Promote one, or start the primary; of several that are ambiguous, make the old primary read-only',
  SPY_READER_MISSING: 'datasource %s: no member that may be read from: %s',
  SPY_SHARD_UNNAMED: 'datasource %s is sharded: take a pool by members.shard(KEY) or members.named(NAME)',
  SPY_STATEMENT_NOT_READ: 'datasource %s: this statement is not one that only reads: %s. spyglass sql --write runs it, for administrators',
  SPY_STATEMENT_MULTIPLE: 'the text contains more than one statement; query() and execute() run one, script() runs several: %s',
  SPY_DRIVER_MISSING: 'datasource %s: its driver %s is not installed in %s; run npm install %s there',
  SPY_DRIVER_UNSUPPORTED: 'datasource %s: %s %s in %s cannot be used; install %s',
  SPY_DATASOURCE_REQUIRED: 'datasource %s is required, and nothing could be connected to: %s',
  SPY_DATASOURCE_PASSWORD: 'datasource %s: cannot read its password from %s: %s',
  SPY_DATASOURCE_OPERATION: 'datasource %s has no operation %s',
  SPY_DATASOURCE_UNKNOWN: 'unknown datasource %s; configured: %s',
  SPY_DATASOURCES_CLOSED: 'no datasources are open in this process',
} as const

export const fail = errorsOf(datasourceErrors)

/** Seconds after which a client may try again: by then a waiting borrower has its connection or has given up. */
const RETRY_AFTER_S = '1'

/**
 * The pool has no connection to lend now. Frameworks read `statusCode`, `status` and `headers` of an error that nobody handled (Fastify,
 * Express and Koa) or call `getResponse` (Hono), so an application that does nothing answers 503 with Retry-After instead of 500.
 */
export class OverloadError extends SpyglassError {
  readonly statusCode = 503
  readonly status = 503
  readonly headers: Readonly<Record<string, string>> = { 'retry-after': RETRY_AFTER_S }

  getResponse(): Response {
    const body = { code: this.code, message: 'Service Unavailable' }
    return Response.json(body, { status: this.status, headers: this.headers })
  }
}

/** The error of a borrower that gets no connection. */
export function overloaded(code: 'SPY_POOL_TIMEOUT' | 'SPY_POOL_QUEUE_FULL', args: readonly unknown[]): OverloadError {
  return new OverloadError(code, datasourceErrors[code], args)
}

/** What a database said: its message and code as they came. The stack is the application's. */
export class DatabaseError extends Error {
  readonly code: string
  /** The database's own number, where it has one: SQLite's extended result code. */
  readonly errcode: number | undefined

  constructor(message: string, code: string, errcode?: number) {
    super(message)
    this.name = 'DatabaseError'
    this.code = code
    this.errcode = errcode
  }
}
