export * from './administration.ts'
export * from './permission.ts'
