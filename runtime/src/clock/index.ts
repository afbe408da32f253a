export * from './clock.ts'
export * from './outside-context.ts'
export * from './within.ts'
