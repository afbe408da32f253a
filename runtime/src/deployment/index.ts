export type { ArchiveLimits } from './archive/entry.ts'
export * from './auto-deployer.ts'
export * from './deployer.ts'
export * from './version-store.ts'
