export * from './contract/index.ts'
export * from './registry/index.ts'
