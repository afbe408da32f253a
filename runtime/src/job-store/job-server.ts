/** Answers the instances, and gives each as many jobs as it runs at once. */
import { timingSafeEqual } from 'node:crypto'
import type net from 'node:net'
import { messageOf } from '@spyglass/agent/contract'
import { MessageStream } from '@spyglass/process/channel'
import { Alarm, type Clock } from '../clock/index.ts'
import { type FromStore, MAX_UNSENT, type Question, type ToStore } from '../jobs/server-store/messages.ts'
import type { JobBook } from './job-book.ts'

/** The jobs of one queue. */
export interface OpenQueue {
  readonly book: JobBook
  /** Resolves when all that the book has written is on the disk. */
  readonly flushed: () => Promise<void>
  /** Called now and then. */
  readonly compact: () => void
}

export interface JobServerOptions {
  readonly tokenOf: (queue: string) => string
  /** Opens it when somebody asks for it. */
  readonly open: (queue: string) => OpenQueue
  /** Its time is that of the jobs. */
  readonly clock: Clock
}

/** An instance whose connection broke has as long to say again what it runs. */
const RECLAIM_MS = 2000
/** After a start of the store, which all instances notice on their own. */
const RECLAIM_AT_START_MS = 10_000
/** What could not be written is tried again. */
const RETRY_MS = 1000
/** So much later it is noticed that somebody has set the clock forward: timers do not follow it. */
const MAX_TIMER_MS = 10_000

const QUEUE = /^[a-z0-9][a-z0-9_-]{0,63}$/

export class JobServer {
  readonly #options: JobServerOptions
  readonly #served = new Map<string, ServedQueue>()
  readonly #open = new Set<MessageStream>()

  constructor(options: JobServerOptions) {
    this.#options = options
  }

  connected(socket: net.Socket): void {
    const caller = new Caller((hello) => this.#admitted(hello))
    const stream = new MessageStream(socket, {
      onMessage: (message) => caller.said(message as ToStore),
      onEnd: () => {
        this.#open.delete(stream)
        caller.ended()
      },
    })
    caller.stream = stream
    this.#open.add(stream)
  }

  /** @throws what the file system says */
  queue(name: string): ServedQueue {
    const found = this.#served.get(name)
    if (found) return found
    const served = new ServedQueue(this.#options.open(name), this.#options.clock)
    this.#served.set(name, served)
    return served
  }

  /** Those that are open. */
  get names(): readonly string[] {
    return [...this.#served.keys()]
  }

  known(name: string): ServedQueue | undefined {
    return this.#served.get(name)
  }

  compact(): void {
    for (const { opened } of this.#served.values()) opened.compact()
  }

  close(): void {
    for (const stream of this.#open) stream.close()
    for (const served of this.#served.values()) served.close()
  }

  /** Undefined: the token is not the one of the queue. */
  #admitted({ queue, token, limits }: Hello): ServedQueue | undefined {
    if (!QUEUE.test(queue) || !isSame(token, this.#options.tokenOf(queue))) return undefined
    const served = this.queue(queue)
    served.opened.book.limits = limits
    return served
  }
}

type Hello = Extract<ToStore, { do: 'hello' }>

const isSame = (one: string, other: string): boolean => one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))

/** One queue with the instances that use it. */
export class ServedQueue {
  readonly opened: OpenQueue
  readonly #clock: Clock
  readonly #alarm: Alarm
  /** The one that has waited longest for a job comes first. */
  readonly #callers = new Set<Caller>()
  #isClosed = false

  constructor(opened: OpenQueue, clock: Clock) {
    this.opened = opened
    this.#clock = clock
    this.#alarm = new Alarm(clock, () => this.deal())
    for (const { id, run } of opened.book.runningJobs) this.#reclaim(id, run, RECLAIM_AT_START_MS)
    this.deal()
  }

  joined(caller: Caller): void {
    this.#callers.add(caller)
    this.deal()
  }

  left(caller: Caller): void {
    this.#callers.delete(caller)
    for (const [id, run] of caller.running) this.#reclaim(id, run, RECLAIM_MS)
  }

  /** Gives jobs to who can run more, one each in turn. */
  deal(): void {
    if (this.#isClosed) return
    try {
      const { book } = this.opened
      book.tick()
      let isDealt = true
      while (isDealt) isDealt = this.#dealOne()
      const now = this.#clock.now()
      const nextAt = book.nextAt <= now ? now + RETRY_MS : book.nextAt // one that is repeated found the queue full
      this.#alarm.notAfter(Math.min(nextAt, now + MAX_TIMER_MS))
    } catch {
      this.#alarm.notAfter(this.#clock.now() + RETRY_MS) // a full disk: who adds is told
    }
  }

  close(): void {
    this.#isClosed = true
    this.#alarm.stop()
  }

  #dealOne(): boolean {
    const caller = this.#callers.values().find(({ free }) => free > 0)
    const job = caller ? this.opened.book.take() : undefined
    if (!caller || !job) return false
    this.#callers.delete(caller)
    this.#callers.add(caller)
    caller.give(job.id, job.runs, {
      is: 'run',
      run: { id: job.id, data: job.data, addedAt: job.addedAt, run: job.runs, attempts: job.attempts, headers: job.headers },
    })
    return true
  }

  /** The job is due again unless an instance says in time that it runs it. */
  #reclaim(id: string, run: number, afterMs: number): void {
    this.#clock.after(afterMs, () => {
      const isClaimed = this.#callers.values().some(({ running }) => running.get(id) === run)
      if (isClaimed || this.#isClosed) return
      try {
        this.opened.book.interrupted(id, run)
        this.deal()
      } catch {
        this.#reclaim(id, run, RETRY_MS)
      }
    })
  }
}

/** One connection of an instance. */
export class Caller {
  stream: MessageStream | undefined
  /** Run by id of the job. */
  readonly running = new Map<string, number>()
  readonly #admitted: (hello: Hello) => ServedQueue | undefined
  #served: ServedQueue | undefined
  #atOnce = 0
  /** Characters of jobs that are not with the kernel yet. */
  #unsent = 0

  constructor(admitted: (hello: Hello) => ServedQueue | undefined) {
    this.#admitted = admitted
  }

  get free(): number {
    return this.#unsent > MAX_UNSENT ? 0 : this.#atOnce - this.running.size
  }

  give(id: string, run: number, message: Extract<FromStore, { is: 'run' }>): void {
    const { length } = message.run.data
    this.running.set(id, run)
    this.#unsent += length
    this.stream?.send(message, (error) => {
      const wasFull = this.#unsent > MAX_UNSENT
      this.#unsent -= length
      if (wasFull && !error) this.#served?.deal()
    })
  }

  /** What is no message of ours ends the connection, not the process with the jobs of all. */
  said(message: ToStore): void {
    try {
      this.#said(message)
    } catch {
      this.stream?.close()
    }
  }

  #said(message: ToStore): void {
    if (message.do === 'hello') return this.#greeted(message)
    const served = this.#served
    if (!served) return this.stream?.close()
    if (message.do === 'atOnce') {
      this.#atOnce = message.atOnce
      return served.deal()
    }
    void this.#asked(served, message)
  }

  ended(): void {
    this.#served?.left(this)
  }

  #greeted(hello: Hello): void {
    const { running, atOnce } = hello
    try {
      this.#served ??= this.#admitted(hello)
    } catch {
      // its folder cannot be read or written: what opens it has said so, and the next connection tries again
    }
    const served = this.#served
    if (!served) return this.stream?.close()
    const { book } = served.opened
    book.limits = hello.limits
    for (const { id, run } of running) if (book.isRun(id, run)) this.running.set(id, run)
    this.#atOnce = atOnce
    served.joined(this)
  }

  async #asked(served: ServedQueue, question: Question & { readonly id: number }): Promise<void> {
    const { id } = question
    try {
      const result = this.#carriedOut(served.opened.book, question)
      served.deal()
      if (question.do === 'add' || question.do === 'repeat') await served.opened.flushed()
      this.#send({ id, is: 'answer', result })
    } catch (error) {
      this.#send({ id, is: 'failed', reason: messageOf(error) })
    }
  }

  #carriedOut(book: JobBook, question: Question): unknown {
    if (question.do === 'add') return book.add(question.job)
    if (question.do === 'repeat') return book.repeat(question.repeated)
    if (question.do === 'unrepeat') return book.unrepeat(question.name)
    const result = ended(book, question)
    const { job, run } = question
    if (this.running.get(job) === run) this.running.delete(job)
    return result
  }

  #send(message: FromStore): void {
    this.stream?.send(message)
  }
}

/** What became of a run. */
function ended(book: JobBook, question: Extract<Question, { run: number }>): unknown {
  const { job, run } = question
  if (question.do === 'done') return book.done(job, run)
  return question.do === 'back' ? book.giveBack(job, run) : book.failed(job, run, question.error)
}
