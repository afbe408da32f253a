/** A job in the store, and the changes that its file is made of. */
import type { Change } from '../change-log/index.ts'
import type { Repeated, TraceHeaders } from '../jobs/job.ts'

export interface StoredJob {
  readonly id: string
  readonly isNamed: boolean
  /** JSON; empty when it is done. */
  data: string
  readonly addedAt: number
  readonly attempts: number
  readonly backoffMs: number
  readonly headers?: TraceHeaders | undefined
  readonly mark?: string | undefined
  state: 'waiting' | 'running' | 'dead' | 'done'
  /** When it may run, or its end. */
  at: number
  /** That were begun and not given back. */
  runs: number
  error?: string | undefined
}

export interface StoredRepeat extends Repeated {
  readonly nextAt: number
}

/** What is known of a queue. */
export interface Contents {
  readonly jobs: Map<string, StoredJob>
  readonly repeats: Map<string, StoredRepeat>
  isPaused: boolean
}

export const emptyContents = (): Contents => ({ jobs: new Map(), repeats: new Map(), isPaused: false })

export const changes = {
  job: (job: StoredJob): Change => ['j', job],
  state: ({ id, state, at, runs, error }: StoredJob): Change => ['c', id, state, at, runs, ...(error === undefined ? [] : [error])],
  removed: (id: string): Change => ['r', id],
  repeat: (repeat: StoredRepeat): Change => ['s', repeat],
  unrepeat: (name: string): Change => ['u', name],
  paused: (isPaused: boolean): Change => ['p', isPaused],
}

/** What makes these contents from nothing. */
export function* allChanges({ jobs, repeats, isPaused }: Contents): Iterable<Change> {
  if (isPaused) yield changes.paused(true)
  for (const repeat of repeats.values()) yield changes.repeat(repeat)
  for (const job of jobs.values()) yield changes.job(job)
}

/** Gives whether it is one. One that is about a job whose line was damaged changes nothing. */
export function carryOut([what, ...given]: Change, contents: Contents): boolean {
  const { jobs, repeats } = contents
  const [first] = given
  if (what === 'j' && isNamed(first, 'id')) jobs.set(first.id, first as unknown as StoredJob)
  else if (what === 's' && isNamed(first, 'name')) repeats.set(first.name, first as unknown as StoredRepeat)
  else if (what === 'c') changeState(jobs.get(String(first)), given)
  else if (what === 'r') jobs.delete(String(first))
  else if (what === 'u') repeats.delete(String(first))
  else if (what === 'p') contents.isPaused = first === true
  else return false
  return true
}

function changeState(job: StoredJob | undefined, [, state, at, runs, error]: Change): void {
  if (!job) return
  Object.assign(job, { state, at, runs, error })
  if (state === 'done') job.data = ''
}

const isNamed = <K extends string>(value: unknown, key: K): value is Readonly<Record<K, string>> =>
  typeof value === 'object' && value !== null && typeof (value as Record<string, unknown>)[key] === 'string'
