/** What instances and the process with the jobs say to each other: one JSON document per line over a Unix socket. */
import type { JobRun, NewJob, Repeated } from '../job.ts'

/** Every question may be asked again: the answer to it may have been lost. */
export type Question =
  | { readonly do: 'add'; readonly job: NewJob }
  | { readonly do: 'done'; readonly job: string; readonly run: number }
  | { readonly do: 'back'; readonly job: string; readonly run: number }
  | { readonly do: 'failed'; readonly job: string; readonly run: number; readonly error: string }
  | { readonly do: 'repeat'; readonly repeated: Repeated }
  | { readonly do: 'unrepeat'; readonly name: string }

/** Characters of data that are sent and not with the kernel yet, at most: a connection that holds too much is cut off. */
export const MAX_UNSENT = 2_097_152

export interface Limits {
  readonly maxJobs: number
  readonly maxTotalBytes: number
  readonly keepDoneMs: number
}

export type ToStore =
  /** The first message: which queue it is about, the proof that the sender may use it, and what it runs. */
  | {
      readonly do: 'hello'
      readonly queue: string
      readonly token: string
      readonly limits: Limits
      readonly running: readonly { readonly id: string; readonly run: number }[]
      /** How many jobs it may be given at once. */
      readonly atOnce: number
    }
  | { readonly do: 'atOnce'; readonly atOnce: number }
  | (Question & { readonly id: number })

export type FromStore =
  | { readonly id: number; readonly is: 'answer'; readonly result: unknown }
  | { readonly id: number; readonly is: 'failed'; readonly reason: string }
  | { readonly is: 'run'; readonly run: JobRun }
