/** Queues of jobs as a type of resource. */
import { kinds } from '@spyglass/mbeans/kinds'
import type { JobsConfig } from '@spyglass/process/checked-config'
import { systemClock } from '../clock/index.ts'
import type { Resource, ResourceSurroundings, ResourceType } from '../resource-type/resource-type.ts'
import type { JobBackend } from './backend.ts'
import { fail } from './errors.ts'
import { Jobs } from './jobs.ts'
import { RedisJobs } from './redis/redis-jobs.ts'
import { ServerJobs } from './server-store/server-jobs.ts'

export const jobType: ResourceType<JobsConfig, Jobs> = {
  open: (config, around) => new JobsResource(config, around),
  unknown: (name, known) => fail('SPY_JOBS_UNKNOWN', [name, known.join(', ') || 'none']),
  closed: () => fail('SPY_JOBS_CLOSED'),
}

function backendOf(
  config: () => JobsConfig,
  { jobs, clock = systemClock, applicationFolders: folders = [] }: ResourceSurroundings,
): JobBackend {
  const { name, store } = config()
  if (store === 'redis') return new RedisJobs({ config, folders, clock })
  return new ServerJobs({ path: jobs?.socket ?? '', token: jobs?.tokens[name] ?? '', config, clock })
}

class JobsResource implements Resource<JobsConfig, Jobs> {
  readonly face: Jobs
  readonly #backend: JobBackend
  readonly #hide: () => void
  #config: JobsConfig

  constructor(config: JobsConfig, around: ResourceSurroundings) {
    this.#config = config
    const { logger, registry, instance, clock = systemClock } = around
    const present = (): JobsConfig => this.#config
    this.#backend = backendOf(present, around)
    this.face = new Jobs({
      config: present,
      backend: this.#backend,
      clock,
      isRecordedHere: config.store === 'server', // BullMQ is recorded as a library of the application
      onFailed: ({ id, run, attempts }, err) => logger.error({ err, jobs: config.name, job: id, run, attempts }, 'a job failed'),
    })
    this.#hide = registry.register(kinds.jobQueue, { instance, name: config.name }, this.#getters(instance))
  }

  async start(): Promise<void> {} // it is connected to already; what cannot be reached is reported when it is used

  configure(config: JobsConfig): void {
    this.#config = config
    this.#backend.configure()
  }

  carryOut(operation: string, given: Readonly<Record<string, unknown>>): unknown {
    return this.#backend.carryOut(operation, given)
  }

  async drain(deadlineMs: number): Promise<void> {
    await this.face.drain(deadlineMs)
  }

  async close(deadlineMs: number): Promise<void> {
    await this.face.drain(deadlineMs)
    await this.#backend.close()
    this.#hide()
  }

  #getters(instance: string) {
    const { face } = this
    const inQueue =
      <K extends 'waiting' | 'delayed' | 'dead' | 'repeated'>(figure: K) =>
      () =>
        this.#backend.figures?.[figure]
    const seconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1000)
    return {
      instance: () => instance,
      name: () => this.#config.name,
      state: () => this.#backend.state,
      store: () => this.#config.store,
      concurrency: () => this.#config.concurrency,
      waiting: inQueue('waiting'),
      delayed: inQueue('delayed'),
      running: () => face.runner?.running ?? 0,
      dead: inQueue('dead'),
      repeated: inQueue('repeated'),
      oldestAge: () => seconds(this.#backend.figures?.oldestMs),
      size: () => undefined,
      added: () => face.counts.added,
      refused: () => face.counts.refused,
      done: () => face.runner?.done ?? 0,
      failed: () => face.runner?.failed ?? 0,
      retried: () => undefined,
      died: () => undefined,
      interrupted: () => undefined,
      failures: () => face.counts.failures,
      damagedLines: () => undefined,
    }
  }
}
