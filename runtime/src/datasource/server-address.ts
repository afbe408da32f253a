/** How the server of a database is reached: what its URL says, and the password, which is not in it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '@spyglass/agent/contract'
import type { DatasourceConfig } from '@spyglass/process/config'
import { fail } from './errors.ts'

export interface ServerAddress {
  readonly host: string
  readonly port: number
  readonly database: string | undefined
  readonly user: string | undefined
  /** Parameters of the URL: options of the driver. */
  readonly options: Readonly<Record<string, unknown>>
}

export function serverAddress({ url, members }: Pick<DatasourceConfig, 'url' | 'members'>, defaultPort: number): ServerAddress {
  const { hostname, port, pathname, username, searchParams } = new URL(url ?? members[0]?.url ?? '')
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
 * The password of a datasource, read where the configuration says. A line break at its end does not belong to it.
 * @throws SPY_DATASOURCE_PASSWORD
 */
export function passwordOf(
  { name, password, passwordFrom }: Pick<DatasourceConfig, 'name' | 'password' | 'passwordFrom'>,
  env: NodeJS.ProcessEnv = process.env,
): string | undefined {
  if (passwordFrom === undefined) return password
  const { kind = '', place = '' } = /^(?<kind>\w+):(?<place>.*)$/.exec(passwordFrom)?.groups ?? {}
  const failed = (reason: string, cause?: unknown): Error => fail('SPY_DATASOURCE_PASSWORD', [name, passwordFrom, reason], cause)
  if (kind === 'env') {
    const value = env[place]
    if (value === undefined || value === '') throw failed('the variable is not set')
    return value
  }
  const folder = env['CREDENTIALS_DIRECTORY']
  if (kind === 'credential' && folder === undefined) throw failed('systemd gave no credentials (LoadCredential=)')
  try {
    return readFileSync(kind === 'credential' ? join(folder ?? '', place) : place, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    throw failed(messageOf(error), error)
  }
}
