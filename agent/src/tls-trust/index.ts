export * from './tls-trust.ts'
