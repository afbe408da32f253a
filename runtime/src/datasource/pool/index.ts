export * from './borrow.ts'
export type * from './lending.ts'
export * from './pool.ts'
