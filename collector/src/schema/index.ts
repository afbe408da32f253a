export * from './apply-schema.ts'
export * from './ddl.ts'
export * from './migrations.ts'
export * from './rebuild.ts'
