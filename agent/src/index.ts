export { spyglass } from './spyglass.ts'
export * from './current-agent.ts'
export * from './contract/index.ts'
export * from './registry/index.ts'
