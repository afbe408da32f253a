export * from './line-file.ts'
export type { OutputSource } from './output-lines.ts'
export * from './server-log.ts'
