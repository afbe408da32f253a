export * from './administration.ts'
export { administrationErrors } from './errors.ts'
export * from './permission.ts'
export { type AdministrationOptions, openAdministration } from './server-administration.ts'
