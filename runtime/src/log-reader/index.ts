export * from './log-lines.ts'
