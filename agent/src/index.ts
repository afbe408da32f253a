export * from './agent/agent.ts'
export * from './contract/index.ts'
export * from './registry/index.ts'
