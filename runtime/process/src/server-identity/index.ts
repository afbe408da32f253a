export * from './server-identity.ts'
