export * from './damage-report.ts'
export * from './durable-file.ts'
export { stateErrors, wrongShape } from './errors.ts'
export * from './state-file.ts'
