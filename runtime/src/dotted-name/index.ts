export * from './name.ts'
