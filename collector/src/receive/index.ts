export * from './receiver.ts'
export type { ReceiveCounters } from './counters.ts'
