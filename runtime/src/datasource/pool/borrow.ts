/** One connection that is lent: who has it, since when, and what it runs. It never refers to the handle that the borrower holds. */
import { AsyncResource } from 'node:async_hooks'
import { type CallSite, type Holder, currentAgent } from '@spyglass/agent'
import { normaliseSql } from '@spyglass/agent/sql'
import type { DriverConnection } from '../driver.ts'

/** One open connection of a pool. */
export interface PoolEntry {
  /** Number of the connection in its pool; never used again. */
  readonly id: number
  readonly connection: DriverConnection
  /** Which settings it was opened with: of a later generation if they lead elsewhere. */
  readonly generation: number
  /** Monotonic milliseconds. */
  readonly openedAt: number
  /** When it was returned last. */
  idleSince: number
}

/** Who asks for a connection. Made in the borrower's own context, before any waiting. */
export interface Asker {
  readonly site: CallSite
  readonly route: string
  readonly traceId: string
  /** Runs a function in the context of the request that borrowed; only for connections that the borrower must return itself. */
  readonly context: AsyncResource | undefined
}

/** `lasting`: the borrower returns the connection itself and can forget to. */
export function askerOf(site: CallSite, lasting: boolean): Asker {
  const request = currentAgent()?.currentRequest()
  return {
    site,
    route: request?.route ?? '',
    traceId: request?.traceId ?? '',
    context: lasting ? new AsyncResource('SPYGLASS_BORROW', { requireManualDestroy: true }) : undefined,
  }
}

export class Borrow {
  readonly entry: PoolEntry
  readonly asker: Asker
  /** Monotonic milliseconds. */
  readonly since: number
  readonly waitMs: number
  /** `file:line` of who had the connection while the borrower waited for it. */
  heldBy: string | undefined
  /** Statements running on it now, where the facade says so; see {@link isRunning}. */
  running = 0
  /** Text of the last statement, as it was run. */
  text = ''
  /** `db.system.name` of the database that reads it. */
  system = ''
  leaked = false
  /** The borrower may not use it any more; the connection follows when its last statement has ended. */
  returned = false
  /** How long it had been held when it was taken from its borrower. */
  reclaimedAfterMs: number | undefined
  /** Its connection is closed when it comes back. */
  isDiscarded = false
  /** What the borrower has of a driver's connection; see lost-handle.ts. */
  handle: WeakRef<object> | undefined
  /** Takes its resource out of the registry. */
  unregister: (() => void) | undefined

  constructor(entry: PoolEntry, asker: Asker, since: number, waitMs: number) {
    this.entry = entry
    this.asker = asker
    this.since = since
    this.waitMs = waitMs
  }

  get isRunning(): boolean {
    return this.running > 0 || this.entry.connection.running !== undefined
  }

  /** The last statement, normalised: parameters and literals never leave the process. */
  statement(): string {
    return normaliseSql(this.text, this.system)
  }

  holder(now: number): Holder {
    return {
      connection: this.entry.id,
      heldMs: Math.round(now - this.since),
      route: this.asker.route,
      traceId: this.asker.traceId,
      statement: this.statement(),
      location: this.asker.site.location(),
      leaked: this.leaked,
      stack: this.asker.site.frames(),
    }
  }

  /** Where it was borrowed, for a message. */
  describe(): string {
    return [this.asker.site.location(), this.asker.route].filter(Boolean).join(' in ') || 'an unknown location'
  }
}
