export { queryErrors } from './errors.ts'
export * from './management-client.ts'
export * from './query-client.ts'
