/** Worker pools as a type of resource. */
import { kinds } from '@spyglass/mbeans/kinds'
import type { WorkerPoolConfig } from '@spyglass/process/checked-config'
import { systemClock } from '../clock/index.ts'
import type { Resource, ResourceSurroundings, ResourceType } from '../resource-type/resource-type.ts'
import { fail } from './errors.ts'
import { WorkerPool } from './worker-pool.ts'

export const workerPools: ResourceType<WorkerPoolConfig, WorkerPool> = {
  open: (config, around) => new WorkerPoolResource(config, around),
  unknown: (name, known) => fail('SPY_WORKER_POOL_UNKNOWN', [name, known.join(', ') || 'none']),
  closed: () => fail('SPY_WORKER_POOLS_CLOSED'),
}

class WorkerPoolResource implements Resource<WorkerPoolConfig, WorkerPool> {
  readonly face: WorkerPool
  readonly #hide: () => void
  #config: WorkerPoolConfig

  constructor(config: WorkerPoolConfig, around: ResourceSurroundings) {
    this.#config = config
    const { clock = systemClock, applicationFolders: folders = [] } = around
    this.face = new WorkerPool({ config: () => this.#config, folders, clock })
    this.#hide = show(this.face, config.name, around)
  }

  async start(): Promise<void> {} // the first task loads what it needs

  configure(config: WorkerPoolConfig): void {
    this.#config = config
    this.face.configure()
  }

  async close(deadlineMs: number): Promise<void> {
    await this.face.close(deadlineMs)
    this.#hide()
  }
}

function show(pool: WorkerPool, name: string, { registry, instance }: ResourceSurroundings): () => void {
  return registry.register(
    kinds.workerPool,
    { instance, name },
    {
      instance: () => instance,
      name: () => name,
      size: () => pool.size,
      threads: () => pool.threads,
      running: () => pool.running,
      waiting: () => pool.waiting,
      oldestAge: () => pool.oldestMs / 1000,
      done: () => pool.counts.done,
      failed: () => pool.counts.failed,
      refused: () => pool.counts.refused,
      late: () => pool.counts.late,
      cancelled: () => pool.counts.cancelled,
      crashed: () => pool.counts.crashed,
    },
  )
}
