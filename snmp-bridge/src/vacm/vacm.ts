/**
 * Who may read (RFC 3415, in its smallest form): one view, everything in the snapshot, read-only. The write view is empty. A v2c
 * community exists only where it is configured; v3 users read with authentication and privacy only.
 */
import { timingSafeEqual } from 'node:crypto'
import type { User, Users } from '../usm/usm.ts'

export interface AccessPolicy extends Users {
  /** Whether `community` may read by v2c. */
  mayRead(community: Buffer): boolean
}

export interface AccessPolicyOptions {
  readonly community?: string | undefined
  readonly users: readonly User[]
}

export function createAccessPolicy({ community, users }: AccessPolicyOptions): AccessPolicy {
  const expected = community === undefined ? undefined : Buffer.from(community, 'utf8')
  const byName = new Map(users.map((user) => [user.name.toString('latin1'), user]))
  return {
    mayRead: (given) => expected !== undefined && given.length === expected.length && timingSafeEqual(given, expected),
    user: (name) => byName.get(name.toString('latin1')),
  }
}
