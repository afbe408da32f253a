export * from './error-watch.ts'
