export { runCollector } from './collector.ts'
