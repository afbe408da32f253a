/** BullMQ as an application has it: what is used of it. Its types are no dependency. */
import type { EventEmitter } from 'node:events'
import { applicationPackage } from '../../redis/index.ts'
import { fail } from '../errors.ts'

/** What we keep of a job. */
export interface Kept {
  /** JSON. */
  readonly text: string
  /** Tells who added it. */
  readonly mark: string
}

export interface BullJob {
  readonly id?: string
  readonly data: Kept
  readonly timestamp: number
  readonly delay: number
  readonly attemptsMade: number
  readonly finishedOn?: number
  readonly failedReason?: string
  readonly stacktrace?: readonly string[] | null
  readonly opts: { readonly attempts?: number; readonly backoff?: number | { readonly delay?: number } }
  moveToWait(token?: string): Promise<unknown>
  retry(state: 'failed', options: { readonly resetAttemptsMade: boolean }): Promise<void>
}

export interface BullQueue extends EventEmitter {
  add(name: string, data: Kept, options: object): Promise<BullJob>
  upsertJobScheduler(id: string, repeat: object, template: object): Promise<unknown>
  removeJobScheduler(id: string): Promise<boolean>
  getJobSchedulersCount(): Promise<number>
  getJob(id: string): Promise<BullJob | undefined>
  getJobs(types: readonly string[], start: number, end: number, ascending: boolean): Promise<BullJob[]>
  getJobCounts(...types: readonly string[]): Promise<Record<string, number>>
  isPaused(): Promise<boolean>
  pause(): Promise<void>
  resume(): Promise<void>
  remove(id: string): Promise<number>
  clean(graceMs: number, limit: number, type: string): Promise<string[]>
  close(): Promise<void>
  disconnect(): Promise<void>
}

export interface BullWorker extends EventEmitter {
  concurrency: number
  pause(): Promise<void>
  resume(): void
  close(force: boolean): Promise<void>
}

export interface BullPackage {
  readonly Queue: new (name: string, options: object) => BullQueue
  readonly Worker: new (name: string, run: (job: BullJob, token?: string) => Promise<unknown>, options: object) => BullWorker
  /** Says that the job is in the queue again. */
  readonly WaitingError: new () => Error
}

const SUPPORTED = /^[56]\./

/** @throws SPY_JOBS_PACKAGE */
export const bullPackage = (name: string, folders: readonly string[]): BullPackage =>
  applicationPackage('bullmq', SUPPORTED, folders, (where, reason) => fail('SPY_JOBS_PACKAGE', [name, where, reason])) as BullPackage
