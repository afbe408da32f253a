export * from './register.ts'
export { withAliases } from './aliases.ts'
