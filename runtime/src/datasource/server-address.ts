/** How the server of a database is reached: what its URL says, and the password, which is not in it. */
import type { DatasourceConfig } from '@spyglass/process/config'
import { passwordFrom } from '../password/index.ts'
import { fail } from './errors.ts'

export interface ServerAddress {
  readonly host: string
  readonly port: number
  readonly database: string | undefined
  readonly user: string | undefined
  /** Parameters of the URL: options of the driver. */
  readonly options: Readonly<Record<string, unknown>>
}

export function serverAddress({ url = '' }: Pick<DatasourceConfig, 'url'>, defaultPort: number): ServerAddress {
  const { hostname, port, pathname, username, searchParams } = new URL(url)
  return {
    host: hostname.replaceAll(/^\[|\]$/g, '') || 'localhost',
    port: port === '' ? defaultPort : Number(port),
    database: decodeURIComponent(pathname.slice(1)) || undefined,
    user: decodeURIComponent(username) || undefined,
    options: Object.fromEntries([...searchParams].map(([name, text]) => [name, valueOf(text)])),
  }
}

/** Numbers, booleans and objects are what they look like. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

/** `host:port/database`. */
export const targetOf = ({ host, port, database }: ServerAddress): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}/${database ?? ''}`

/**
 * The password of a datasource, read where the configuration says.
 * @throws SPY_DATASOURCE_PASSWORD
 */
export function passwordOf(config: Pick<DatasourceConfig, 'name' | 'password' | 'passwordFrom'>): string | undefined {
  return passwordFrom(config, (place, reason, cause) => fail('SPY_DATASOURCE_PASSWORD', [config.name, place, reason], cause))
}
