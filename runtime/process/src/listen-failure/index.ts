export * from './listen-failure.ts'
