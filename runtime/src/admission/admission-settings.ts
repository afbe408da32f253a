/** What the configuration says of the admission of an application, and why requests are refused by it. */

/** The section `admission` of an application. Its settings change in place. */
export interface AdmissionSettings {
  readonly enabled: boolean
  readonly maxInFlight?: number | undefined
  readonly loopDelayMs: number
  readonly poolWaitMs: number
  readonly latencyMs?: number | undefined
  readonly share: number
  readonly weights: readonly string[]
}

/** What suffers: the event loop, a pool, the latency, or `maxInFlight` is reached. */
export type Overload = 'overloaded_loop' | 'overloaded_pool' | 'overloaded_latency' | 'overloaded_limit'
