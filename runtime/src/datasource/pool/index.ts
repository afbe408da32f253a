export * from './borrow.ts'
export * from './pool.ts'
