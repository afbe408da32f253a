export * from './durable-file.ts'
export * from './state-file.ts'
