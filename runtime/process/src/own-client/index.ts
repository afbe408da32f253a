export * from './own-connection.ts'
export * from './own-fetch.ts'
