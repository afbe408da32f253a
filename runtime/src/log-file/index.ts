export * from './append-file.ts'
