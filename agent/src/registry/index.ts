export * from './registry.ts'
export * from './sampled.ts'
