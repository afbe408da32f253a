export * from './application/index.ts'
