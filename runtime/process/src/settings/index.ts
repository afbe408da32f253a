export * from './declaration.ts'
export * from './declared-settings.ts'
export * from './dotted-name.ts'
export * from './spyglass-settings.ts'
