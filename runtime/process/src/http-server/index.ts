export * from './http-limits.ts'
export * from './listen.ts'
