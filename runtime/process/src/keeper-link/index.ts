export * from './keeper-link.ts'
