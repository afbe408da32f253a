export * from './deployer.ts'
export * from './version-store.ts'
