export * from './middleware.ts'
