/** What a request spent its time on. */

export type CauseName =
  | 'statement'
  | 'pool_wait'
  | 'call'
  | 'message'
  /** A client span that an instrumentation of others made. */
  | 'span'
  | 'event_loop'
  | 'garbage_collection'
  | 'unknown'
  /** What is left beyond the causes that are told. */
  | 'other'

/** The names are those of the attribute `spyglass.verdict.causes`. */
export interface Cause {
  readonly cause: CauseName
  /** `file:line` of the application that waited. */
  readonly location?: string | undefined
  /** Normalised. */
  readonly statement?: string | undefined
  /** Who was waited for: an origin, a queue, a pool. */
  readonly peer?: string | undefined
  /** `file:line` of the application that had the connection. */
  readonly heldBy?: string | undefined
}

/** Equal for waits that are told as one. */
export function causeKey({ cause, location, statement, peer, heldBy }: Cause): string {
  return [cause, location, statement, peer, heldBy].join('\n')
}

/** A cause and its part of a request. */
export interface VerdictCause extends Cause {
  /** From 0 to 1, in steps of 0.001. */
  readonly share: number
  /** How often it happened in the request. */
  readonly count?: number
}
