/** The part of the package mysql2 that is used here. Its types are not a dependency. */
import type { EventEmitter } from 'node:events'

export type MysqlCallback = (error?: unknown, result?: unknown) => void

export interface MysqlCommand extends EventEmitter {
  /** Reads the last packet of a statement without rows. */
  doneInsert?: (result: { readonly serverStatus?: number } | null) => unknown
}

export interface MysqlConnection extends EventEmitter {
  connect(callback: MysqlCallback): void
  query(
    text: string | { readonly sql: string; readonly rowsAsArray: boolean; readonly values?: readonly unknown[] },
    callback: MysqlCallback,
  ): unknown
  /** Of its session in the server. */
  readonly threadId?: number | null
  ping(callback: MysqlCallback): unknown
  addCommand: (command: MysqlCommand) => MysqlCommand
  promise(promiseImpl?: unknown): object
  /** Says goodbye; `end` of a pool's connection returns it. */
  _realEnd(callback: MysqlCallback): unknown
  _released: boolean
  /** Where it is returned to. */
  _pool: object | null
  readonly _command?: MysqlCommand | null
  /** Those that wait. */
  readonly _commands: { readonly length: number }
  readonly _handshakePacket?: { readonly statusFlags?: number; readonly serverVersion?: string } | null
  readonly _fatalError: unknown
  readonly _protocolError: unknown
  readonly _closing?: boolean
  readonly stream: { destroy(): void; end(): void; readonly destroyed: boolean }
}

export type MysqlPending = (error?: unknown, connection?: MysqlConnection) => void

/** What a pool asks of its lists. */
export interface MysqlList {
  readonly length: number
  pop?(): MysqlConnection | undefined
  push?(callback: MysqlPending): void
}

/** A pool of mysql2, with the inner parts that decide who gets which connection. */
export interface MysqlPoolBase extends EventEmitter {
  config: { readonly connectionConfig: object }
  _allConnections: MysqlList
  _freeConnections: MysqlList
  _connectionQueue: MysqlList
  getConnection(callback: MysqlPending): void
  query(...args: unknown[]): unknown
  execute(...args: unknown[]): unknown
  releaseConnection(connection: MysqlConnection): void
  _removeConnection(connection: MysqlConnection): void
  promise(promiseImpl?: unknown): object
  end(callback?: MysqlCallback): void
}

/** Neither its pool nor its configuration is exported by every version: they are those of a pool that is never used. */
export interface MysqlModule {
  createPool(options: object): MysqlPoolBase
  readonly PoolConnection: new (pool: object, options: { readonly config: object }) => MysqlConnection
}
