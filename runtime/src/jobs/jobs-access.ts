/** The token of each queue of jobs, derived from the secrets of the server. */
import { createHmac } from 'node:crypto'
import type { Secrets } from '@spyglass/process/checked-config'
import type { JobsAccess } from '../resource-type/resource-type.ts'

/** Derived from the internal token, which it does not reveal, so that every process finds the same. */
export const jobsToken = ({ internal }: Pick<Secrets, 'internal'>, name: string): string =>
  createHmac('sha256', internal.token).update(`jobs token: ${name}`).digest('base64url')

/** Undefined for an instance without jobs. */
export function jobsAccess(secrets: Pick<Secrets, 'internal'>, socket: string, names: readonly string[]): JobsAccess | undefined {
  if (names.length === 0) return undefined
  return { socket, tokens: Object.fromEntries(names.map((name) => [name, jobsToken(secrets, name)])) }
}
