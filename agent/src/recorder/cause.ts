/** What a request spent its time on. */

export type CauseName =
  | 'statement'
  | 'pool_wait'
  | 'call'
  | 'message'
  /** A client span that an instrumentation of others made. */
  | 'span'
  /** Its own code on the processor. */
  | 'own_cpu'
  /** That of other requests. */
  | 'other_cpu'
  /** That of no request: timers, jobs without a name, what a request does after its end. */
  | 'background_cpu'
  /** The event loop was busy; nobody saw with what. */
  | 'event_loop'
  | 'garbage_collection'
  | 'unknown'
  /** What is left beyond the causes that are told. */
  | 'other'

/** The names are those of the attribute `spyglass.verdict.causes`. */
export interface Cause {
  readonly cause: CauseName
  /** `file:line` of the application that waited, or that ran. */
  readonly location?: string | undefined
  /** Normalised. */
  readonly statement?: string | undefined
  /** Who was waited for: an origin, a queue, a pool, another request. */
  readonly peer?: string | undefined
  /** `file:line` of the application that had the connection. */
  readonly heldBy?: string | undefined
  /** Of the other request. */
  readonly traceId?: string | undefined
}

/** Equal for waits that are told as one. */
export function causeKey({ cause, location, statement, peer, heldBy, traceId }: Cause): string {
  return [cause, location, statement, peer, heldBy, traceId].join('\n')
}

/** A cause and its part of a request. */
export interface VerdictCause extends Cause {
  /** From 0 to 1, in steps of 0.001. */
  readonly share: number
  /** How often it happened in the request. */
  readonly count?: number
}
