/** One normaliser of statements and one digest, for the agent, datasources and the collector. */
export { digestOf } from './digest.ts'
export { MAX_SQL_LENGTH, normaliseSql, operationOf } from './normalise.ts'
export { isOfCommands, normaliseStatement } from './statement.ts'
export { type StatementShape, StatementShapes } from './statement-shapes.ts'
