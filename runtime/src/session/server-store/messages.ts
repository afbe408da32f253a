/** What instances and the store process say to each other: one JSON document per line over a Unix socket. */
import type { Stored } from '../session-store.ts'

/** How long an instance may use its copy of a session at most. The store waits no longer than that for an instance which does not answer. */
export const MAX_LEASE_MS = 1000

export interface Limits {
  readonly maxSessions: number
  readonly maxTotalBytes: number
}

export type Question =
  | { readonly do: 'read'; readonly session: string }
  | ({ readonly do: 'create'; readonly session: string } & Omit<Stored, 'version'>)
  | {
      readonly do: 'write'
      readonly session: string
      readonly version: number
      readonly text: string
      readonly until: number
      readonly mark: string
    }
  | { readonly do: 'touch'; readonly session: string; readonly until: number }
  | { readonly do: 'remove'; readonly session: string; readonly version?: number }

/** The first message: which sessions it is about, and the proof that the sender may have them. */
export type Hello = { readonly do: 'hello'; readonly space: string; readonly token: string; readonly leaseMs: number } & Limits

export type ToStore = Hello | (Question & { readonly id: number }) | { readonly do: 'dropped'; readonly change: number }

/** `isOld`: the state has changed again while the answer waited; it is not to be kept. */
export type Answer =
  | { readonly is: 'lent' | 'written' | 'changed'; readonly stored: Stored; readonly isOld?: true }
  | { readonly is: 'none' | 'done' | 'full' }
  | { readonly is: 'failed'; readonly reason: string }

export type FromStore =
  | (Answer & { readonly id: number })
  /** The copy of that session is old: to be dropped, and that to be confirmed. */
  | { readonly is: 'old'; readonly session: string; readonly change: number }
