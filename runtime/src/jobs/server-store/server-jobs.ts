/**
 * The instance's side of the process with the jobs. What is asked while that restarts is asked again when it is back: every question may be repeated. To add waits no longer
 * than `timeoutMs`; what became of a run is told until it is heard.
 */
import { randomUUID } from 'node:crypto'
import { connectLocally, MessageStream } from '@spyglass/process/channel'
import type { JobsConfig } from '@spyglass/process/checked-config'
import { type Clock, outsideContext, systemClock } from '../../clock/index.ts'
import { Patience } from '../../patience/index.ts'
import type { JobBackend, RunOutcome, Runner } from '../backend.ts'
import { fail, refused } from '../errors.ts'
import type { Added, JobRun, NewJob, Repeated } from '../job.ts'
import { type FromStore, MAX_UNSENT, type Question, type ToStore } from './messages.ts'

export interface ServerJobsOptions {
  /** Path of the socket. */
  readonly path: string
  readonly token: string
  readonly config: () => JobsConfig
  readonly clock?: Clock
}

interface Asked {
  readonly question: Question
  readonly answered: (answer: Answer) => void
}

type Answer = Extract<FromStore, { id: number }>

const FIRST_RECONNECT_MS = 50
const MAX_RECONNECT_MS = 1000
const RETRY_MS = 1000

export class ServerJobs implements JobBackend {
  /** The process shows them itself. */
  readonly figures = undefined
  readonly state = undefined
  readonly #options: ServerJobsOptions
  readonly #clock: Clock
  readonly #patience: Patience
  readonly #asked = new Map<number, Asked>()
  /** Of those the ones that are still to be sent over this connection. */
  #toSend = new Set<number>()
  #unsent = 0
  /** Run by id of the job, until the store has heard what became of it. */
  readonly #running = new Map<string, number>()
  #runner: Runner | undefined
  #stream: MessageStream | undefined
  #lastId = 0
  #isClosed = false
  #reconnectMs = FIRST_RECONNECT_MS

  constructor(options: ServerJobsOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#patience = new Patience(this.#clock)
    outsideContext(() => this.#connect())
  }

  async add(job: NewJob): Promise<Added> {
    const outcome = await this.#ask({ do: 'add', job: { ...job, mark: randomUUID() } })
    if (outcome === 'full') throw refused('SPY_JOBS_FULL', [this.#name])
    return { id: job.id, isNew: outcome === 'added' }
  }

  async repeat(repeated: Repeated): Promise<boolean> {
    return (await this.#ask({ do: 'repeat', repeated })) === true
  }

  async unrepeat(name: string): Promise<boolean> {
    return (await this.#ask({ do: 'unrepeat', name })) === true
  }

  work(runner: Runner): void {
    this.#runner = runner
    this.#tellAtOnce()
  }

  rest(): void {
    this.#runner = undefined
    this.#tellAtOnce()
  }

  configure(): void {
    this.#hello()
  }

  carryOut(operation: string): never {
    throw fail('SPY_JOBS_OPERATION', [this.#name, operation]) // they are those of the process with the jobs
  }

  /** Waits a moment until the store has answered for the last runs. Those without an answer run again. */
  async close(): Promise<void> {
    const { timeoutMs } = this.#options.config()
    const until = this.#clock.now() + Math.min(timeoutMs, MAX_RECONNECT_MS)
    while (this.#running.size > 0 && this.#clock.now() < until) await new Promise<void>((resolve) => void this.#clock.after(20, resolve))
    this.#isClosed = true
    this.#stream?.close()
  }

  get #name(): string {
    return this.#options.config().name
  }

  get #atOnce(): number {
    return this.#runner ? this.#options.config().concurrency : 0
  }

  async #ask(question: Question): Promise<unknown> {
    const { timeoutMs } = this.#options.config()
    const silent = (): Error => refused('SPY_JOBS_SILENT', [this.#name, timeoutMs])
    if (this.#isClosed) throw silent()
    const id = ++this.#lastId
    try {
      const answer = await this.#patience.answer({ ask: () => this.#answerTo(id, question), timeoutMs, silent })
      if (answer.is === 'failed') throw refused('SPY_JOBS_STORE', [this.#name, answer.reason])
      return answer.result
    } finally {
      this.#asked.delete(id)
      this.#toSend.delete(id)
    }
  }

  #answerTo(id: number, question: Question): Promise<Answer> {
    return new Promise((resolve) => {
      this.#asked.set(id, { question, answered: resolve })
      this.#toSend.add(id)
      this.#sendMore()
    })
  }

  /** As much as the store reads. */
  #sendMore(): void {
    const stream = this.#stream
    for (const id of this.#toSend) {
      if (this.#unsent > MAX_UNSENT) return
      this.#toSend.delete(id)
      const { question } = this.#asked.get(id) ?? {}
      if (!question) continue // it was not waited for any longer
      const size = sizeOf(question)
      this.#unsent += size
      stream?.send({ id, ...question } satisfies ToStore, (error) => {
        if (stream !== this.#stream) return
        this.#unsent -= size
        if (!error) this.#sendMore()
      })
    }
  }

  async #run(run: JobRun): Promise<void> {
    if (!this.#runner || this.#isClosed) return this.#tell(run, { is: 'back' })
    await this.#tell(run, await this.#runner(run))
  }

  /** Until it is heard: a store that is away, or cannot write, comes back. */
  async #tell({ id, run }: JobRun, outcome: RunOutcome): Promise<void> {
    const question: Question =
      outcome.is === 'failed' ? { do: 'failed', job: id, run, error: textOf(outcome.error) } : { do: outcome.is, job: id, run }
    for (;;) {
      const number = ++this.#lastId
      const answer = await this.#answerTo(number, question)
      if (answer.is === 'answer') break
      await new Promise<void>((resolve) => void this.#clock.after(RETRY_MS, resolve))
    }
    if (this.#running.get(id) === run) this.#running.delete(id)
  }

  #connect(): void {
    if (this.#isClosed) return
    const stream = new MessageStream(connectLocally(this.#options.path), {
      onMessage: (message) => this.#heard(message as FromStore),
      onEnd: () => this.#ended(),
    })
    stream.unref()
    this.#stream = stream
    this.#hello()
    this.#unsent = 0
    this.#toSend = new Set(this.#asked.keys())
    this.#sendMore()
  }

  #hello(): void {
    const { name, maxJobs, maxTotalBytes, keepDoneMs } = this.#options.config()
    this.#send({
      do: 'hello',
      queue: name,
      token: this.#options.token,
      limits: { maxJobs, maxTotalBytes, keepDoneMs },
      running: Array.from(this.#running, ([id, run]) => ({ id, run })),
      atOnce: this.#atOnce,
    })
  }

  #tellAtOnce(): void {
    this.#send({ do: 'atOnce', atOnce: this.#atOnce })
  }

  #ended(): void {
    if (this.#isClosed) return
    this.#clock.after(this.#reconnectMs, () => this.#connect())
    this.#reconnectMs = Math.min(2 * this.#reconnectMs, MAX_RECONNECT_MS)
  }

  #heard(message: FromStore): void {
    this.#reconnectMs = FIRST_RECONNECT_MS
    if (message.is === 'run') {
      this.#running.set(message.run.id, message.run.run)
      return void this.#run(message.run)
    }
    const asked = this.#asked.get(message.id)
    this.#asked.delete(message.id)
    asked?.answered(message)
  }

  #send(message: ToStore): void {
    this.#stream?.send(message)
  }
}

function sizeOf(question: Question): number {
  if (question.do === 'add') return question.job.data.length
  return question.do === 'repeat' ? question.repeated.data.length : 0
}

/** Longer stacks help nobody, and are kept for each dead job. */
const MAX_ERROR_CHARACTERS = 4000

export const textOf = (error: Error): string => (error.stack ?? String(error)).slice(0, MAX_ERROR_CHARACTERS)
