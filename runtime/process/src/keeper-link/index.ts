export { emitWhenReady } from './early-events.ts'
export * from './keeper-link.ts'
