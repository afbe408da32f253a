export * from './credentials.ts'
export * from './gone.ts'
export * from './guess-delay.ts'
export * from './caller-rules.ts'
