export * from './durable-file.ts'
