export { passwordFrom, type PasswordSettings } from './password-from.ts'
