export * from './auto-deployer.ts'
export * from './deployer.ts'
export * from './version-store.ts'
