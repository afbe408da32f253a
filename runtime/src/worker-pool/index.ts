export type { TaskOptions, WorkerPool } from './worker-pool.ts'
export { workerPools } from './worker-pool-type.ts'
