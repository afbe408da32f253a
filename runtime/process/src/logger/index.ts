export { type LogLevels, setLogLevels } from './levels.ts'
export * from './logger.ts'
