import type { Signal } from '../decode/index.ts'

/** What the receiver counts; the collector's resource shows it. */
export interface ReceiveCounters {
  readonly items: Record<Signal, number>
  requests: number
  repeated: number
  refused: number
  invalid: number
  rejectedItems: number
  truncated: number
}

export const newCounters = (): ReceiveCounters => ({
  items: { traces: 0, metrics: 0, logs: 0 },
  requests: 0,
  repeated: 0,
  refused: 0,
  invalid: 0,
  rejectedItems: 0,
  truncated: 0,
})
