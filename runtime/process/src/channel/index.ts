export * from './inherited.ts'
export * from './json-lines.ts'
export * from './local-socket.ts'
export * from './short-path.ts'
