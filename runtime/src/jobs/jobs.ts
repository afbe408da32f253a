/** What an application gets of a queue of jobs. */
import { randomUUID } from 'node:crypto'
import { currentAgent } from '@spyglass/agent'
import { messageOf } from '@spyglass/agent/contract'
import type { JobsConfig } from '@spyglass/process/checked-config'
import type { Clock } from '../clock/index.ts'
import type { JobBackend } from './backend.ts'
import { fail, refused } from './errors.ts'
import type { Added, JobRun, NewJob } from './job.ts'
import { type JobHandler, JobRunner } from './job-runner.ts'
import { parseCron, type Schedule } from './schedule.ts'

export interface AddOptions {
  /**
   * A job with this id is added once: while it waits, runs or is dead, and for `keepDoneMs` after it is done. At most 128 characters. Default: one that nobody else has.
   */
  readonly id?: string
  /** When it is due. Default: at once. */
  readonly delayMs?: number
  /** Runs at most until it is dead. Default: as configured. */
  readonly attempts?: number
  /** Time until the second run; each further one waits twice as long, at most an hour. Default: as configured. */
  readonly backoffMs?: number
}

export type RepeatOptions = Schedule & Pick<AddOptions, 'attempts' | 'backoffMs'>

export interface JobsOptions {
  readonly config: () => JobsConfig
  readonly backend: JobBackend
  readonly clock: Clock
  /** The backend makes no root of the agent itself. */
  readonly isRecordedHere: boolean
  readonly onFailed: (run: JobRun, error: Error) => void
}

const MAX_ID = 128
const YEAR_MS = 31_536_000_000
const MAX_ATTEMPTS = 1000

export class Jobs<Data = unknown> {
  /** By this process. */
  readonly counts = { added: 0, refused: 0, failures: 0 }
  readonly #options: JobsOptions
  #runner: JobRunner | undefined

  constructor(options: JobsOptions) {
    this.#options = options
  }

  get runner(): Pick<JobRunner, 'running' | 'done' | 'failed'> | undefined {
    return this.#runner
  }

  /**
   * Adds a job. It is kept when this resolves, and runs at least once.
   * @throws SPY_JOBS_DATA, SPY_JOBS_TOO_LARGE, SPY_JOBS_OPTION, SPY_JOBS_FULL, SPY_JOBS_SILENT, SPY_JOBS_STORE
   *
   * @example
   * await jobs('orders').add({ order: 7 }, { id: 'order-7' })
   */
  async add(data: Data, options: AddOptions = {}): Promise<Added> {
    const job = this.#jobOf(data, options)
    const sent = this.#options.isRecordedHere
      ? currentAgent()?.sendJob({ system: SYSTEM, queue: this.#config.name, id: job.id })
      : undefined
    try {
      const added = await this.#options.backend.add({ ...job, headers: sent?.headers })
      if (added.isNew) this.counts.added++
      sent?.end()
      return added
    } catch (error) {
      this.#refused(error)
      sent?.end(error)
      throw error
    }
  }

  /**
   * Runs the jobs of this queue in this process, from now on. A job is done when the function, or the promise that it returns, ends; it is run again if that throws.
   * @throws SPY_JOBS_PROCESSED
   *
   * @example
   * jobs('orders').process(async ({ data, signal }) => await confirm(data.order, signal))
   */
  process(handler: JobHandler<Data>): void {
    if (this.#runner) throw fail('SPY_JOBS_PROCESSED', [this.#config.name])
    const { clock, backend, onFailed, isRecordedHere } = this.#options
    const { name } = this.#config
    const source = isRecordedHere ? { system: SYSTEM, queue: name } : undefined
    const timeoutMs = (): number => this.#config.runTimeoutMs
    this.#runner = new JobRunner({ name, timeoutMs, handler, source, clock, onFailed })
    const runner = this.#runner
    backend.work((run) => runner.run(run))
  }

  /**
   * Adds a job with this data again and again, by one name once: `{ cron: '30 2 * * *' }` in the time zone of the server, or `{ everyMs: 60_000 }`. What was missed
   * while the server did not run is added once.
   * @throws as `add`
   */
  async repeat(name: string, data: Data, options: RepeatOptions): Promise<void> {
    const { attempts, backoffMs, data: text } = this.#jobOf(data, { ...picked(options), id: name })
    const schedule = this.#scheduleOf(options)
    const isEver = await this.#options.backend.repeat({ name, schedule, data: text, attempts, backoffMs })
    if (!isEver) throw this.#wrong(`${JSON.stringify(schedule)} is never due`)
  }

  /** Ends what `repeat` began; false: there is none of that name. */
  async unrepeat(name: string): Promise<boolean> {
    return await this.#options.backend.unrepeat(name)
  }

  /** Takes no more jobs, and resolves when those that run have ended or are given back. */
  async drain(deadlineMs: number): Promise<void> {
    this.#options.backend.rest()
    await this.#runner?.drain(deadlineMs)
  }

  get #config(): JobsConfig {
    return this.#options.config()
  }

  #jobOf(data: Data, { id, delayMs = 0, attempts = this.#config.attempts, backoffMs = this.#config.backoffMs }: AddOptions): NewJob {
    if (id !== undefined && !isId(id)) throw this.#wrong(`an id has 1 to ${MAX_ID} characters, without spaces and control characters`)
    this.#check('delayMs', delayMs, 0, YEAR_MS)
    this.#check('attempts', attempts, 1, MAX_ATTEMPTS)
    this.#check('backoffMs', backoffMs, 0, YEAR_MS)
    return { id: id ?? randomUUID(), isNamed: id !== undefined, data: this.#textOf(data), delayMs, attempts, backoffMs }
  }

  #textOf(data: Data): string {
    const { name, maxBytes } = this.#config
    let text: string | undefined
    try {
      text = JSON.stringify(data)
    } catch (error) {
      throw fail('SPY_JOBS_DATA', [name, messageOf(error)], error)
    }
    if (text === undefined) throw fail('SPY_JOBS_DATA', [name, `it is ${typeof data}`])
    const bytes = Buffer.byteLength(text)
    if (bytes > maxBytes) throw refused('SPY_JOBS_TOO_LARGE', [name, bytes, maxBytes])
    return text
  }

  #scheduleOf(options: RepeatOptions): Schedule {
    if ('everyMs' in options) {
      this.#check('everyMs', options.everyMs, 1, YEAR_MS)
      return { everyMs: options.everyMs }
    }
    if (typeof options.cron !== 'string' || !parseCron(options.cron))
      throw this.#wrong(`${JSON.stringify(options.cron)} is no cron expression: minute, hour, day of month, month, day of week`)
    return { cron: options.cron }
  }

  #check(name: string, value: number, min: number, max: number): void {
    if (!Number.isInteger(value) || value < min || value > max) throw this.#wrong(`${name} must be a whole number, ${min} to ${max}`)
  }

  #wrong(what: string): Error {
    return fail('SPY_JOBS_OPTION', [this.#config.name, what])
  }

  #refused(error: unknown): void {
    if ((error as { code?: unknown }).code === 'SPY_JOBS_FULL') this.counts.refused++
    else this.counts.failures++
  }
}

const SYSTEM = 'spyglass'

const isId = (id: unknown): boolean => typeof id === 'string' && id.length <= MAX_ID && /^[^\s\p{Cc}]+$/u.test(id)

const picked = ({ attempts, backoffMs }: RepeatOptions): AddOptions => ({
  ...(attempts === undefined ? {} : { attempts }),
  ...(backoffMs === undefined ? {} : { backoffMs }),
})
