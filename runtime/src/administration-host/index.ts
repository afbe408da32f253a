export * from './administration-host.ts'
