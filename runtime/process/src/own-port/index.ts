export * from './own-port.ts'
