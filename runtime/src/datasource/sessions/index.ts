export * from './autopsy.ts'
export * from './cancel-statement.ts'
export * from './ask-database.ts'
export * from './operator-statement.ts'
