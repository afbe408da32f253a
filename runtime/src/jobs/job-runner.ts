/** Runs the jobs that an instance is given: each as a root of the agent, with its time limit, and ended or given back when the instance stops. */
import { currentAgent, type JobSource } from '@spyglass/agent'
import { type Clock, outsideContext } from '../clock/index.ts'
import type { RunOutcome } from './backend.ts'
import { fail } from './errors.ts'
import type { JobRun } from './job.ts'

/** A job as the application gets it. */
export interface Job<Data = unknown> {
  readonly id: string
  readonly data: Data
  /** Which run of it this is; the first is 1. */
  readonly attempt: number
  /** Runs at most. */
  readonly attempts: number
  readonly addedAt: Date
  /** Aborted when its time is over, or the instance stops and it has not ended in time. */
  readonly signal: AbortSignal
}

export type JobHandler<Data = unknown> = (job: Job<Data>) => unknown

export interface JobRunnerOptions {
  readonly name: string
  /** How long a run may take; 0: as long as it likes. */
  readonly timeoutMs: () => number
  readonly handler: JobHandler<never>
  /** Undefined: something else makes the root. */
  readonly source: JobSource | undefined
  readonly clock: Clock
  readonly onFailed: (run: JobRun, error: Error) => void
}

export class JobRunner {
  done = 0
  failed = 0
  readonly #options: JobRunnerOptions
  readonly #running = new Set<{ readonly giveBack: () => void; readonly ended: Promise<unknown> }>()

  constructor(options: JobRunnerOptions) {
    this.#options = options
  }

  get running(): number {
    return this.#running.size
  }

  /** Never rejects. */
  async run(run: JobRun): Promise<RunOutcome> {
    const { name, clock } = this.#options
    const controller = new AbortController()
    const given = Promise.withResolvers<RunOutcome>()
    const stopWaiting = this.#limit((error) => {
      controller.abort(error)
      given.resolve({ is: 'failed', error })
    }, run)
    const outcome = Promise.race([this.#outcomeOf(run, controller.signal), given.promise])
    const entry = {
      ended: outcome,
      giveBack() {
        controller.abort(fail('SPY_JOB_GIVEN_BACK', [run.id, name]))
        clock.after(0, () => given.resolve({ is: 'back' }))
      },
    }
    this.#running.add(entry)
    const found = await outcome
    stopWaiting()
    this.#running.delete(entry)
    this.#count(run, found)
    return found
  }

  /** Resolves when none runs any more; those that have not ended in time are given back. */
  async drain(deadlineMs: number): Promise<void> {
    const stop = this.#options.clock.after(deadlineMs, () => {
      for (const { giveBack } of this.#running) giveBack()
    })
    await Promise.all(Array.from(this.#running, ({ ended }) => ended))
    stop()
  }

  #limit(late: (error: Error) => void, { id }: JobRun): () => void {
    const { name, timeoutMs, clock } = this.#options
    const ms = timeoutMs()
    return ms === 0 ? () => {} : clock.after(ms, () => late(fail('SPY_JOB_TIMED_OUT', [id, name, ms])))
  }

  #outcomeOf(run: JobRun, signal: AbortSignal): Promise<RunOutcome> {
    const { handler, source } = this.#options
    const { id, run: attempt, attempts, addedAt } = run
    const call = async (): Promise<unknown> =>
      await handler({ id, data: JSON.parse(run.data) as never, attempt, attempts, addedAt: new Date(addedAt), signal })
    const agent = source && currentAgent()
    return outsideContext(() => settled(agent ? agent.processJob({ ...source, id, headers: run.headers }, call) : call()))
  }

  #count(run: JobRun, outcome: RunOutcome): void {
    if (outcome.is === 'done') this.done++
    if (outcome.is !== 'failed') return
    this.failed++
    this.#options.onFailed(run, outcome.error)
  }
}

async function settled(running: Promise<unknown>): Promise<RunOutcome> {
  try {
    await running
    return { is: 'done' }
  } catch (error) {
    return { is: 'failed', error: error instanceof Error ? error : new Error(String(error)) }
  }
}
