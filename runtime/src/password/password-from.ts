/** Passwords of what the server connects to: where the configuration says that they are. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '@spyglass/agent/contract'

export interface PasswordSettings {
  readonly password?: string | undefined
  /** `file:/PATH`, `env:NAME` or `credential:NAME`. */
  readonly passwordFrom?: string | undefined
}

/** Makes the error of a password that cannot be read. */
type Failed = (place: string, reason: string, cause?: unknown) => Error

/**
 * The password, read where the configuration says. A line break at its end does not belong to it.
 * @throws what `failed` makes
 */
export function passwordFrom(settings: PasswordSettings, failed: Failed, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const { password, passwordFrom: from } = settings
  if (from === undefined) return password
  const { kind = '', place = '' } = /^(?<kind>\w+):(?<place>.*)$/.exec(from)?.groups ?? {}
  if (kind === 'env') {
    const value = env[place]
    if (value === undefined || value === '') throw failed(from, 'the variable is not set')
    return value
  }
  const folder = env['CREDENTIALS_DIRECTORY']
  if (kind === 'credential' && folder === undefined) throw failed(from, 'systemd gave no credentials (LoadCredential=)')
  try {
    return readFileSync(kind === 'credential' ? join(folder ?? '', place) : place, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    throw failed(from, messageOf(error), error)
  }
}
