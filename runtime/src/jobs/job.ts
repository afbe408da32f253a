/** What a queue of jobs knows of them, wherever it is kept. */
import type { Schedule } from './schedule.ts'

/** Trace context of who added it. */
export type TraceHeaders = Readonly<Record<string, string>>

/** A job as it is added. */
export interface NewJob {
  readonly id: string
  /** Whether the application gave the id: then it is known for a time after the job is done. */
  readonly isNamed: boolean
  /** JSON. */
  readonly data: string
  readonly delayMs: number
  /** How often it is run at most until it is dead. */
  readonly attempts: number
  /** After the first run that fails; after each further one twice as long. */
  readonly backoffMs: number
  readonly headers?: TraceHeaders | undefined
  /** Tells who added it, where it may be added again because the answer was lost. */
  readonly mark?: string | undefined
}

export type JobState = 'waiting' | 'delayed' | 'running' | 'dead' | 'done'

export interface Added {
  readonly id: string
  /** False: there was a job with this id already, and nothing was added. */
  readonly isNew: boolean
}

/** A run that an instance is given. */
export interface JobRun {
  readonly id: string
  readonly data: string
  readonly addedAt: number
  /** The first is 1. */
  readonly run: number
  readonly attempts: number
  readonly headers?: TraceHeaders | undefined
}

/** A job that is added again and again. */
export interface Repeated {
  readonly name: string
  readonly schedule: Schedule
  readonly data: string
  readonly attempts: number
  readonly backoffMs: number
}

export interface DeadJob {
  readonly id: string
  readonly runs: number
  readonly addedAt: number
  readonly diedAt: number
  readonly error: string
  readonly data: string
}

const MAX_LISTED = 500
const DEFAULT_LISTED = 20
const MAX_DATA_CHARACTERS = 10_000

/** How many of them an operator gets: the list goes over a channel that takes so much and no more. */
export const listed = (count: unknown): number => Math.min(MAX_LISTED, Math.max(1, Math.trunc(Number(count ?? DEFAULT_LISTED)) || 1))
export const shownData = (data: string): string => (data.length > MAX_DATA_CHARACTERS ? `${data.slice(0, MAX_DATA_CHARACTERS - 1)}…` : data)

export interface JobFigures {
  readonly waiting: number
  readonly delayed: number
  readonly running: number
  readonly dead: number
  readonly repeated: number
  readonly isPaused: boolean
  /** Age of the job that has waited longest since it was due; 0 if none waits. */
  readonly oldestMs: number
}

/** After the nth run that failed. */
export const backoffOf = (backoffMs: number, runs: number): number => Math.min(MAX_BACKOFF_MS, backoffMs * 2 ** Math.min(runs - 1, 30))
const MAX_BACKOFF_MS = 3_600_000
