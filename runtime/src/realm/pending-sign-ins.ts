/** Sign-ins that a browser has begun at a provider, as its session keeps them: each can be finished once, and only in time. */
import type { Pending } from './source/provider.ts'

export interface PendingSignIn extends Pending {
  readonly realm: string
  /** Path and query that the browser wanted. */
  readonly returnTo: string
  readonly at: number
}

/** People sign in slowly, and providers ask them for more. */
export const LIFE_MS = 600_000
/** Pages that were opened at once. */
const MAX_PENDING = 5

/** With one more; the oldest, and those whose time is over, are gone. */
export function withPending(kept: unknown, pending: PendingSignIn): readonly PendingSignIn[] {
  return [...inTime(kept, pending.at), pending].slice(-MAX_PENDING)
}

/** The one with that state, and those that are left. */
export function takePending(
  kept: unknown,
  state: string,
  now: number,
): readonly [PendingSignIn | undefined, readonly PendingSignIn[] | undefined] {
  const all = inTime(kept, now)
  const left = all.filter((one) => one.state !== state)
  return [all.find((one) => one.state === state), left.length === 0 ? undefined : left]
}

const inTime = (kept: unknown, now: number): readonly PendingSignIn[] =>
  (Array.isArray(kept) ? (kept as readonly PendingSignIn[]) : []).filter(({ at }) => now - at < LIFE_MS)

const MAX_PATH = 2048
/** Nothing that a browser could take for another host: two slashes, a backslash, or what it leaves out of an address. */
const LOCAL = /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/

/** The path and query, if they lead to no other host; otherwise the root. */
export const localPath = (given: string): string => (given.length <= MAX_PATH && LOCAL.test(given) ? given : '/')
