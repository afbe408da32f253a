/** Jobs in a Redis, by BullMQ, whose agent records them. A Redis that is away: what is added fails in time, and runs go on when it is back. */
import { randomUUID } from 'node:crypto'
import { messageOf } from '@spyglass/agent/contract'
import type { JobsConfig } from '@spyglass/process/checked-config'
import { type Clock, outsideContext } from '../../clock/index.ts'
import { Patience } from '../../patience/index.ts'
import type { JobBackend, Runner } from '../backend.ts'
import { fail, refused } from '../errors.ts'
import { type Added, backoffOf, type DeadJob, listed, type NewJob, type Repeated, shownData } from '../job.ts'
import { nextOf } from '../schedule.ts'
import { type BullJob, type BullPackage, bullPackage, type BullQueue, type BullWorker } from './bullmq.ts'
import { RedisFigures } from './redis-figures.ts'

export interface RedisJobsOptions {
  readonly config: () => JobsConfig
  /** Folders that bring the package. */
  readonly folders: readonly string[]
  readonly clock: Clock
}

/** How long the runs of a process that died are waited for: its locks end after that. */
const LOCK_MS = 10_000
const STALLED_MS = 5000
const MAX_RECONNECT_MS = 500
const MAX_CLEANED = 1_000_000
const BACKOFF = 'spyglass'

export class RedisJobs implements JobBackend {
  readonly #options: RedisJobsOptions
  readonly #package: BullPackage
  readonly #patience: Patience
  readonly #queue: BullQueue
  readonly #figures: RedisFigures
  #worker: BullWorker | undefined

  /** @throws SPY_JOBS_PACKAGE */
  constructor(options: RedisJobsOptions) {
    this.#options = options
    const { name } = options.config()
    this.#package = bullPackage(name, options.folders)
    this.#patience = new Patience(options.clock)
    this.#queue = outsideContext(() => new this.#package.Queue(name, { connection: this.#connection(), prefix: PREFIX }))
    this.#queue.on('error', () => {}) // what is asked fails in time, and says why
    this.#figures = new RedisFigures((ask) => this.#within(ask), this.#queue, options.clock)
  }

  get figures() {
    return this.#figures.latest
  }

  get state() {
    if (this.#figures.isDown) return 'down'
    return this.#figures.latest?.isPaused ? 'paused' : 'ok'
  }

  async add(job: NewJob): Promise<Added> {
    const { maxJobs } = this.#config
    if ((await this.#figures.read()).size >= maxJobs) throw refused('SPY_JOBS_FULL', [this.#config.name])
    const mark = randomUUID()
    return await this.#within(async () => {
      const options = { ...this.#jobOptions(job), jobId: keyOf(job.id), delay: job.delayMs }
      await this.#queue.add(this.#config.name, { text: job.data, mark }, options)
      if (!job.isNamed) return { id: job.id, isNew: true }
      const found = await this.#queue.getJob(keyOf(job.id))
      return { id: job.id, isNew: found === undefined || found.data.mark === mark }
    })
  }

  async repeat({ name, schedule, data, ...job }: Repeated): Promise<boolean> {
    const now = Date.now()
    if (nextOf(schedule, now, now) === undefined) return false
    const repeat = 'cron' in schedule ? { pattern: schedule.cron } : { every: schedule.everyMs }
    const template = { name: this.#config.name, data: { text: data, mark: '' }, opts: this.#jobOptions({ ...job, isNamed: false }) }
    await this.#within(() => this.#queue.upsertJobScheduler(keyOf(name), repeat, template))
    return true
  }

  async unrepeat(name: string): Promise<boolean> {
    return await this.#within(() => this.#queue.removeJobScheduler(keyOf(name)))
  }

  work(runner: Runner): void {
    const { Worker } = this.#package
    const { name, concurrency, attempts } = this.#config
    this.#worker = outsideContext(
      () =>
        new Worker(name, (job, token) => this.#run(runner, job, token), {
          connection: this.#connection(),
          prefix: PREFIX,
          concurrency,
          lockDuration: LOCK_MS,
          stalledInterval: STALLED_MS,
          maxStalledCount: attempts,
          settings: {
            backoffStrategy: (made: number, _type: string, _error: Error, { opts }: BullJob) => backoffOf(delayOf(opts.backoff), made),
          },
        }),
    )
    this.#worker.on('error', () => {}) // it tries again, and the figures say that the Redis is away
  }

  /** By a pause that waits for what runs, though nobody waits for the pause: the other kind leaves a blocked read that still takes a job, such as one given back. */
  rest(): void {
    void this.#worker?.pause().catch(() => {})
  }

  configure(): void {
    if (this.#worker) this.#worker.concurrency = this.#config.concurrency
  }

  carryOut(operation: string, given: Readonly<Record<string, unknown>>): Promise<unknown> {
    const { [operation]: carryOut } = this.#operations
    if (!carryOut) throw fail('SPY_JOBS_OPERATION', [this.#config.name, operation])
    return this.#within(() => carryOut(given))
  }

  /** Whatever the Redis does, it is over in time. */
  async close(): Promise<void> {
    this.#figures.close()
    const closing = Promise.all([this.#worker?.close(false) ?? Promise.resolve(), this.#queue.close()])
    closing.catch(() => {}) // nobody asks for it where the Redis is known to be silent
    await this.#within(() => closing).catch(() => {})
    for (const each of [this.#worker?.close(true), this.#queue.disconnect()]) void each?.catch(() => {})
  }

  readonly #operations: Readonly<Record<string, (given: Readonly<Record<string, unknown>>) => Promise<unknown>>> = {
    pause: () => this.#queue.pause(),
    resume: () => this.#queue.resume(),
    dead: async ({ count }) => {
      const jobs = await this.#queue.getJobs(['failed'], 0, listed(count) - 1, false)
      return jobs.map(deadOf)
    },
    retry: async ({ id }) => {
      const jobs =
        id === undefined ? await this.#queue.getJobs(['failed'], 0, MAX_CLEANED, true) : [await this.#queue.getJob(keyOf(id as string))]
      const dead = jobs.filter((job) => job?.finishedOn !== undefined && job.failedReason !== undefined)
      for (const job of dead) await job?.retry('failed', { resetAttemptsMade: true })
      return dead.length
    },
    remove: async ({ id }) => {
      const key = keyOf(String(id))
      return (await this.#queue.getJob(key)) !== undefined && (await this.#queue.remove(key)) === 1
    },
    purge: async ({ which }) => {
      const types = STATES[String(which)] ?? []
      let removed = 0
      for (const type of types) removed += (await this.#queue.clean(0, MAX_CLEANED, type)).length
      return removed
    },
  }

  get #config(): JobsConfig {
    return this.#options.config()
  }

  #connection(): object {
    const { url, password } = this.#config
    return {
      url,
      ...(password === undefined ? {} : { password }),
      maxRetriesPerRequest: null,
      retryStrategy: (attempt: number) => Math.min(attempt * 50, MAX_RECONNECT_MS),
    }
  }

  #jobOptions({ isNamed, attempts, backoffMs }: Pick<NewJob, 'isNamed' | 'attempts' | 'backoffMs'>): object {
    const { keepDoneMs, maxJobs } = this.#config
    const isKept = isNamed && keepDoneMs > 0
    return {
      attempts,
      backoff: { type: BACKOFF, delay: backoffMs },
      removeOnComplete: isKept ? { age: Math.ceil(keepDoneMs / 1000), count: maxJobs } : true,
      removeOnFail: false,
    }
  }

  async #run(runner: Runner, job: BullJob, token: string | undefined): Promise<void> {
    const { id = '', data, timestamp, attemptsMade, opts } = job
    const run = { id: idOf(id), data: data.text, addedAt: timestamp, run: attemptsMade + 1, attempts: opts.attempts ?? 1 }
    const outcome = await runner(run)
    if (outcome.is === 'failed') throw outcome.error
    if (outcome.is === 'done') return
    await job.moveToWait(token)
    throw new this.#package.WaitingError()
  }

  /** @throws SPY_JOBS_SILENT, SPY_JOBS_STORE */
  #within<T>(ask: () => Promise<T>): Promise<T> {
    const { name, timeoutMs } = this.#config
    const silent = (): Error => refused('SPY_JOBS_SILENT', [name, timeoutMs])
    return this.#patience.answer({ ask: () => answered(name, ask), timeoutMs, silent })
  }
}

const PREFIX = '{spyglass:jobs}'

/** BullMQ takes neither numbers nor colons. */
const keyOf = (id: string): string => `job-${encodeURIComponent(id)}`
/** Jobs that are repeated have names of BullMQ. */
const idOf = (key: string): string => (key.startsWith('job-') ? decodeURIComponent(key.slice(4)) : key)

const delayOf = (backoff: BullJob['opts']['backoff']): number => (typeof backoff === 'object' ? (backoff.delay ?? 0) : (backoff ?? 0))

const STATES: Readonly<Record<string, readonly string[]>> = {
  dead: ['failed'],
  waiting: ['wait', 'paused'],
  delayed: ['delayed'],
  all: ['failed', 'wait', 'paused', 'delayed'],
}

const deadOf = ({ id = '', data, timestamp, attemptsMade, finishedOn = 0, failedReason = '', stacktrace }: BullJob): DeadJob => ({
  id: idOf(id),
  runs: attemptsMade,
  addedAt: timestamp,
  diedAt: finishedOn,
  error: stacktrace?.at(-1) ?? failedReason,
  data: shownData(data.text),
})

async function answered<T>(name: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    throw refused('SPY_JOBS_STORE', [name, messageOf(error)], error)
  }
}
