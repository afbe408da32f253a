export { sinceOf } from './line-time.ts'
export * from './log-lines.ts'
