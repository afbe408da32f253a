export * from './tailer.ts'
