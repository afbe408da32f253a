/** How connections of databases are named wherever they are met: in a statement's `db.client.connection.pool.name`, and in the wait for one. */
import type { PoolWait } from '../recorder/kinds/pool-wait.ts'

interface PgClient {
  readonly host?: string
  readonly port?: number
  readonly database?: string
}

/** `host:port/database`. */
export function pgName({ host = '', port, database = '' }: PgClient): string {
  return `${host}:${port ?? ''}/${database}`
}

export interface MysqlConfig {
  readonly host?: string
  readonly port?: number
  readonly socketPath?: string
  readonly database?: string
}

export function mysqlName({ host = 'localhost', port = 3306, socketPath, database }: MysqlConfig): string {
  return `${socketPath ?? `${host}:${port}`}/${database ?? ''}`
}

/** What a pool lends, if it is a connection of pg or mysql2. */
export function connectionName(resource: unknown): PoolWait | undefined {
  if (typeof resource !== 'object' || resource === null) return undefined
  if ('connectionParameters' in resource) return { system: 'postgresql', pool: pgName(resource as PgClient) }
  const { config } = resource as { config?: unknown }
  if (typeof config !== 'object' || config === null || !('charsetNumber' in config)) return undefined
  return { system: 'mysql', pool: mysqlName(config as MysqlConfig) }
}
