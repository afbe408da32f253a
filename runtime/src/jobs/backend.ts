/** Where jobs are kept: the process of the server, or a Redis. */
import type { Added, JobRun, NewJob, Repeated } from './job.ts'

/** What becomes of a run. */
export type RunOutcome = { readonly is: 'done' } | { readonly is: 'failed'; readonly error: Error } | { readonly is: 'back' }

/** Runs a job. Never rejects. */
export type Runner = (run: JobRun) => Promise<RunOutcome>

export interface JobBackend {
  /** Resolves when it is kept. @throws SPY_JOBS_FULL, SPY_JOBS_SILENT, SPY_JOBS_STORE in bounded time */
  add(job: NewJob): Promise<Added>
  /** @throws as `add` */
  repeat(repeated: Repeated): Promise<boolean>
  unrepeat(name: string): Promise<boolean>
  /** Begins to run jobs. */
  work(runner: Runner): void
  /** Takes no more; those that run go on. */
  rest(): void
  /** The settings have changed. */
  configure(): void
  /** Those that operators call. */
  carryOut(operation: string, given: Readonly<Record<string, unknown>>): unknown
  /** As the process knows it. */
  readonly state: 'ok' | 'paused' | 'down' | undefined
  /** What is in the queue, where this process knows it. */
  readonly figures: BackendFigures | undefined
  close(): Promise<void>
}

export interface BackendFigures {
  readonly waiting: number
  readonly delayed: number
  readonly running: number
  readonly dead: number
  readonly repeated: number
  readonly isPaused: boolean
  readonly oldestMs: number
}
