export * from './application-user.ts'
export * from './enforceable.ts'
export * from './home.ts'
