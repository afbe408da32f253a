export * from './dotted-name.ts'
