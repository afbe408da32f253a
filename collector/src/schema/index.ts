export * from './apply-schema.ts'
export * from './ddl.ts'
