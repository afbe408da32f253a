export { ChangeLog, type ChangeLogOptions } from './change-log.ts'
export { type CarryOut, type Change, lineOf, readLines, readLog } from './lines.ts'
