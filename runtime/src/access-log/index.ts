export * from './access-logs.ts'
export * from './access-entry.ts'
export * from './access-format.ts'
export * from './access-log.ts'
