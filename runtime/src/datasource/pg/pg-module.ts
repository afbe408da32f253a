/** The part of the package pg (node-postgres) that is used here. Its types are not a dependency. */
import type { EventEmitter } from 'node:events'

export type PgCallback = (error?: unknown, result?: unknown) => void

export interface PgQuery {
  readonly text?: string
}

export interface PgResult {
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  readonly rowCount?: number | null
}

export interface PgClient extends EventEmitter {
  connect(): Promise<unknown>
  /** The mode `extended` accepts one statement alone. */
  query(text: string | { readonly text: string; readonly queryMode: 'extended' }, values?: readonly unknown[]): Promise<PgResult>
  /** Of its process in the server. */
  readonly processID?: number | null
  end(): Promise<void>
  /** Set by a pool. */
  release?: PgRelease
  readonly readyForQuery?: boolean
  /** Its names before and since pg 8.17. */
  readonly activeQuery?: PgQuery | null
  readonly _activeQuery?: PgQuery | null
  readonly _queryable: boolean
  readonly _ending: boolean
  readonly connection: EventEmitter & { readonly stream: { destroy(): void } }
}

/** An error, or true: the connection is not used again. */
export type PgRelease = (destroy?: Error | boolean) => void

/** What waits in a pool for a client. */
export interface PgPending {
  readonly callback: (error?: unknown, client?: PgClient, release?: PgRelease) => void
}

/** `pg.Pool` with the inner methods that decide who gets which client. They have been the same since pg-pool 2. */
export interface PgPoolBase extends EventEmitter {
  readonly options: object
  connect(callback?: PgPending['callback']): Promise<PgClient> | void
  query(...args: unknown[]): Promise<unknown> | void
  end(callback?: () => void): Promise<void> | void
  newClient(pending: PgPending): void
}

export interface PgModule {
  readonly Client: new (options: object) => PgClient
  readonly Pool: new (options: object) => PgPoolBase
}
