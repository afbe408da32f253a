export { hasGone, onceEnded } from './handler-end.ts'
export * from './middleware.ts'
export * from './record-response.ts'
