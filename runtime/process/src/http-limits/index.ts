export * from './http-limits.ts'
