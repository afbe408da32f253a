export * from './borrow.ts'
export * from './clock.ts'
export * from './outside-context.ts'
export * from './pool.ts'
