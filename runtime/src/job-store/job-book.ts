/**
 * The jobs of one queue: what is due, what runs, what is dead. Every change is handed to `write` before it counts here. A job that was begun and whose instance
 * ended runs again: each runs at least once. Times are milliseconds since the epoch.
 */
import type { Change } from '../change-log/index.ts'
import { jobErrors } from '../jobs/errors.ts'
import { backoffOf, type DeadJob, type JobFigures, type JobState, type NewJob, type Repeated, shownData } from '../jobs/job.ts'
import { nextOf } from '../jobs/schedule.ts'
import { DueList } from './due-list.ts'
import { allChanges, changes, type Contents, type StoredJob } from './stored-job.ts'

export interface BookLimits {
  /** Jobs that wait, run or are dead, together. */
  readonly maxJobs: number
  readonly maxTotalBytes: number
  /** How long the id that an application gave is known after its job is done. */
  readonly keepDoneMs: number
}

export interface JobBookOptions {
  /** May throw: then nothing has changed. */
  readonly write: (change: Change) => void
  readonly now: () => number
}

export type AddOutcome = 'added' | 'known' | 'full'
export type FailOutcome = 'retry' | 'dead' | 'late'

export const purgeable = ['dead', 'waiting', 'delayed', 'all'] as const
export type Purgeable = (typeof purgeable)[number]

/** What a job takes besides its data. */
const OVERHEAD_BYTES = 300
const INTERRUPTED = `${'SPY_JOB_INTERRUPTED' satisfies keyof typeof jobErrors}: ${jobErrors.SPY_JOB_INTERRUPTED}`

/** Of one that is done there is its id alone, and no more of them than jobs: they must not keep others out. */
const bytesOf = ({ state, data, error = '' }: StoredJob): number => (state === 'done' ? 0 : data.length + error.length + OVERHEAD_BYTES)

export class JobBook {
  limits: BookLimits = { maxJobs: Number.MAX_SAFE_INTEGER, maxTotalBytes: Number.MAX_SAFE_INTEGER, keepDoneMs: 0 }
  readonly counts = { added: 0, refused: 0, done: 0, failed: 0, retried: 0, died: 0, interrupted: 0 }
  readonly #contents: Contents
  readonly #options: JobBookOptions
  /** Due, the first first. */
  readonly #ready = new Map<string, StoredJob>()
  readonly #delayed = new DueList()
  readonly #running = new Set<string>()
  readonly #dead = new Set<string>()
  /** The oldest first. */
  readonly #done = new Map<string, StoredJob>()
  #bytes = 0

  constructor(contents: Contents, options: JobBookOptions) {
    this.#contents = contents
    this.#options = options
    for (const job of contents.jobs.values()) this.#enter(job)
  }

  /** Jobs that were running when the file was read. */
  get runningJobs(): readonly { readonly id: string; readonly run: number }[] {
    return Array.from(this.#running, (id) => ({ id, run: this.#contents.jobs.get(id)!.runs }))
  }

  get figures(): JobFigures {
    const [oldest] = this.#ready.values()
    return {
      waiting: this.#ready.size,
      delayed: this.#delayed.size,
      running: this.#running.size,
      dead: this.#dead.size,
      repeated: this.#contents.repeats.size,
      isPaused: this.#contents.isPaused,
      oldestMs: oldest ? Math.max(0, this.#options.now() - oldest.at) : 0,
    }
  }

  get isPaused(): boolean {
    return this.#contents.isPaused
  }

  get bytes(): number {
    return this.#bytes
  }

  /** When {@link tick} has something to do next. */
  get nextAt(): number {
    let next = this.#delayed.nextAt
    for (const { nextAt } of this.#contents.repeats.values()) next = Math.min(next, nextAt)
    return next
  }

  stateOf(id: string): JobState | undefined {
    const job = this.#contents.jobs.get(id)
    if (job?.state === 'waiting') return this.#ready.has(id) ? 'waiting' : 'delayed'
    return job?.state
  }

  all(): Iterable<Change> {
    return allChanges(this.#contents)
  }

  add({ id, isNamed, data, delayMs, attempts, backoffMs, headers, mark }: NewJob): AddOutcome {
    this.#forgetDone()
    const there = this.#contents.jobs.get(id)
    if (there) return mark !== undefined && there.mark === mark ? 'added' : 'known'
    const isFull = this.#size >= this.limits.maxJobs || this.#bytes + data.length + OVERHEAD_BYTES > this.limits.maxTotalBytes
    if (isFull) {
      this.counts.refused++
      return 'full'
    }
    const now = this.#options.now()
    const job: StoredJob = {
      id,
      isNamed,
      data,
      addedAt: now,
      attempts,
      backoffMs,
      headers,
      mark,
      state: 'waiting',
      at: now + delayMs,
      runs: 0,
    }
    this.#options.write(changes.job(job))
    this.#contents.jobs.set(id, job)
    this.#enter(job)
    this.counts.added++
    return 'added'
  }

  /** Begins a run of the job that is due first. */
  take(): StoredJob | undefined {
    this.tick()
    if (this.#contents.isPaused) return undefined
    const [job] = this.#ready.values()
    if (job) this.#change(job, { state: 'running', at: this.#options.now(), runs: job.runs + 1 })
    return job
  }

  /** False: that run is none of now. */
  done(id: string, run: number): boolean {
    const job = this.#runOf(id, run)
    if (!job) return false
    if (job.isNamed && this.limits.keepDoneMs > 0) this.#change(job, { state: 'done', at: this.#options.now() })
    else this.#remove(job)
    this.counts.done++
    return true
  }

  failed(id: string, run: number, error: string): FailOutcome {
    const job = this.#runOf(id, run)
    if (!job) return 'late'
    this.counts.failed++
    const now = this.#options.now()
    if (job.runs >= job.attempts) {
      this.#change(job, { state: 'dead', at: now, error })
      this.counts.died++
      return 'dead'
    }
    this.#change(job, { state: 'waiting', at: now + backoffOf(job.backoffMs, job.runs), error })
    this.counts.retried++
    return 'retry'
  }

  /** The instance that ran it is gone. */
  interrupted(id: string, run: number): FailOutcome {
    const outcome = this.failed(id, run, INTERRUPTED)
    if (outcome !== 'late') this.counts.interrupted++
    return outcome
  }

  /** A run that an instance gives back in order is none; the job is due at once. */
  giveBack(id: string, run: number): boolean {
    const job = this.#runOf(id, run)
    if (job) this.#change(job, { state: 'waiting', at: job.addedAt, runs: job.runs - 1 })
    return job !== undefined
  }

  isRun(id: string, run: number): boolean {
    return this.#runOf(id, run) !== undefined
  }

  pause(isPaused: boolean): void {
    this.#options.write(changes.paused(isPaused))
    this.#contents.isPaused = isPaused
  }

  dead(count: number): readonly DeadJob[] {
    return Array.from(this.#dead)
      .slice(-count)
      .toReversed()
      .map((id) => {
        const { runs, addedAt, at, error = '', data } = this.#contents.jobs.get(id)!
        return { id, runs, addedAt, diedAt: at, error, data: shownData(data) }
      })
  }

  /** Runs dead jobs again, or the one with this id. Returns how many. */
  retry(id?: string): number {
    const chosen = Array.from(this.#dead).filter((each) => id === undefined || each === id)
    for (const each of chosen) this.#change(this.#contents.jobs.get(each)!, { state: 'waiting', at: this.#options.now(), runs: 0 })
    return chosen.length
  }

  /** False: there is none, or it runs. */
  remove(id: string): boolean {
    const job = this.#contents.jobs.get(id)
    if (!job || job.state === 'running') return false
    this.#remove(job)
    return true
  }

  /** Removes all of a state; returns how many. Those that run stay. */
  purge(which: Purgeable): number {
    this.tick()
    const chosen = Array.from(this.#contents.jobs.keys()).filter((id) => {
      const state = this.stateOf(id)
      return which === 'all' ? state !== 'running' && state !== 'done' : state === which
    })
    for (const id of chosen) this.remove(id)
    return chosen.length
  }

  /** The same again changes nothing, so that an application may say it at each start. Returns false if it will never be due. */
  repeat(repeated: Repeated): boolean {
    const now = this.#options.now()
    const before = this.#contents.repeats.get(repeated.name)
    const isSame = before !== undefined && JSON.stringify(before.schedule) === JSON.stringify(repeated.schedule)
    const next = nextOf(repeated.schedule, now, now)
    if (next === undefined) return false
    const nextAt = isSame ? Math.min(before.nextAt, next) : next // a clock that was set back must not hold it up
    const stored = { ...repeated, nextAt }
    if (JSON.stringify(before) === JSON.stringify(stored)) return true
    this.#options.write(changes.repeat(stored))
    this.#contents.repeats.set(repeated.name, stored)
    return true
  }

  unrepeat(name: string): boolean {
    if (!this.#contents.repeats.has(name)) return false
    this.#options.write(changes.unrepeat(name))
    return this.#contents.repeats.delete(name)
  }

  /** Makes due what is, and adds what is repeated. What a repeated job has missed is added once. */
  tick(): void {
    const now = this.#options.now()
    for (;;) {
      const id = this.#delayed.take(now)
      if (id === undefined) break
      const job = this.#contents.jobs.get(id)!
      this.#ready.set(id, job)
    }
    for (const repeat of this.#contents.repeats.values()) {
      if (repeat.nextAt > now) continue
      const { name, schedule, data, attempts, backoffMs, nextAt } = repeat
      const outcome = this.add({ id: `${name}@${nextAt}`, isNamed: true, data, delayMs: 0, attempts, backoffMs })
      if (outcome === 'full') continue // tried again with the next tick
      const stored = { ...repeat, nextAt: nextOf(schedule, nextAt, now) ?? Number.MAX_SAFE_INTEGER }
      this.#options.write(changes.repeat(stored))
      this.#contents.repeats.set(name, stored)
    }
  }

  get #size(): number {
    return this.#contents.jobs.size - this.#done.size
  }

  #runOf(id: string, run: number): StoredJob | undefined {
    const job = this.#contents.jobs.get(id)
    return job?.state === 'running' && job.runs === run ? job : undefined
  }

  #change(job: StoredJob, changed: Partial<Pick<StoredJob, 'state' | 'at' | 'runs' | 'error'>>): void {
    this.#options.write(changes.state({ ...job, ...changed }))
    this.#leave(job)
    Object.assign(job, changed)
    if (job.state === 'done') job.data = ''
    this.#enter(job)
  }

  #remove(job: StoredJob): void {
    this.#options.write(changes.removed(job.id))
    this.#leave(job)
    this.#contents.jobs.delete(job.id)
  }

  #enter(job: StoredJob): void {
    const { id, state, at } = job
    this.#bytes += bytesOf(job)
    if (state === 'running') this.#running.add(id)
    else if (state === 'dead') this.#dead.add(id)
    else if (state === 'done') this.#done.set(id, job)
    else if (at <= this.#options.now()) this.#ready.set(id, job)
    else this.#delayed.add(id, at)
  }

  #leave(job: StoredJob): void {
    const { id, state, at } = job
    this.#bytes -= bytesOf(job)
    if (state === 'running') this.#running.delete(id)
    else if (state === 'dead') this.#dead.delete(id)
    else if (state === 'done') this.#done.delete(id)
    else if (!this.#ready.delete(id)) this.#delayed.remove(id, at)
  }

  /** Ids of jobs that are done are kept for their time, and no more of them than jobs. */
  #forgetDone(): void {
    const before = this.#options.now() - this.limits.keepDoneMs
    for (const job of this.#done.values()) {
      if (job.at > before && this.#done.size <= this.limits.maxJobs) return
      this.#remove(job)
    }
  }
}
