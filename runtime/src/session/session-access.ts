/** The key and the token of each sessions, derived from the secrets of the server. */
import { createHmac } from 'node:crypto'
import type { Secrets } from '@spyglass/process/checked-config'
import type { SessionAccess, SessionSecrets } from '../resource-type/resource-type.ts'

/** Derived from the internal token, which they do not reveal, so that every process finds the same. */
export function sessionSecrets({ internal }: Pick<Secrets, 'internal'>, name: string): SessionSecrets {
  const derived = (what: string): string => createHmac('sha256', internal.token).update(`sessions ${what}: ${name}`).digest('base64url')
  return { key: derived('key'), token: derived('token') }
}

/** Undefined for an instance without sessions. */
export function sessionAccess(secrets: Pick<Secrets, 'internal'>, socket: string, names: readonly string[]): SessionAccess | undefined {
  if (names.length === 0) return undefined
  return { socket, secrets: Object.fromEntries(names.map((name) => [name, sessionSecrets(secrets, name)])) }
}
