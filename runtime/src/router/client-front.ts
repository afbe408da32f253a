/** What a client's connection asks of the router. */
import type { ListenerLimits, RefusalReason } from '@spyglass/process/listener'
import type { Upgrades } from '../front/upgrade/upgrades.ts'
import type { RequestHead } from './request-head.ts'
import type { ClientOrigin } from './request-text.ts'
import type { Upstream } from './upstream.ts'

/** Where a request goes: to an application, or nowhere, with an answer of our own (`text`, without a Connection field) or a reason. */
export type Target =
  | { readonly upstream: Upstream; readonly mount: string }
  | { readonly text: string }
  | { readonly reason: RefusalReason }

export interface UnreadableRequest {
  /** What came of it. */
  readonly bytes: Buffer
  readonly clientAddress: string
  readonly durationMs: number
}

export interface ClientFront {
  readonly limits: ListenerLimits
  /** Monotonic, in milliseconds. */
  readonly now: number
  readonly isDraining: boolean
  /** What Keep-Alive says to clients: `timeout=72`. */
  readonly keepAliveText: string
  /** The same, and Connection, as lines. */
  readonly keepAliveLines: string
  readonly upgrades: Upgrades
  /** Called once for each request. */
  targetOf(head: RequestHead, origin: ClientOrigin): Target
  /** Counts and logs a request that is answered with `reason`; returns the answer. `since`: when it began. */
  refuse(reason: RefusalReason, head: RequestHead, origin: ClientOrigin, since: number): string
  /** Counts and logs a request that could not be read; it is answered by the caller. */
  unreadable(reason: RefusalReason, request: UnreadableRequest): void
  /** Counts a refusal that the application's own process logs. */
  count(reason: RefusalReason): void
}
