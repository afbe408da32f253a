/**
 * The instance's side of the store process. What is asked while the store restarts is asked again when it is back: every question may be
 * repeated. None waits longer than `timeoutMs`.
 */
import { MessageStream, connectLocally } from '@spyglass/process/channel'
import type { SessionConfig } from '@spyglass/process/checked-config'
import { type Clock, systemClock } from '../../clock/index.ts'
import { Patience } from '../../patience/index.ts'
import { unavailable } from '../errors.ts'
import { newMark } from '../session-id.ts'
import type { Lent, SessionStore, Stored, StoreObserver, Write, WriteResult } from '../session-store.ts'
import { type Answer, type FromStore, MAX_LEASE_MS, type Question, type ToStore } from './messages.ts'

export interface ServerStoreOptions {
  /** Path of the socket. */
  readonly path: string
  readonly token: string
  readonly config: () => SessionConfig
  readonly observer: StoreObserver
  readonly clock?: Clock
}

interface Asked {
  readonly question: Question
  sentAt: number
  readonly answered: (answer: Answer, sentAt: number) => void
}

const FIRST_RECONNECT_MS = 50
const MAX_RECONNECT_MS = 1000

export class ServerStore implements SessionStore {
  readonly #options: ServerStoreOptions
  readonly #clock: Clock
  readonly #patience: Patience
  readonly #asked = new Map<number, Asked>()
  #stream: MessageStream | undefined
  #lastId = 0
  #isClosed = false
  #reconnectMs = FIRST_RECONNECT_MS

  constructor(options: ServerStoreOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#patience = new Patience(this.#clock)
    this.#connect()
  }

  async read(id: string): Promise<Lent | undefined> {
    return await this.#ask({ do: 'read', session: id }, (answer, lent) => (answer.is === 'lent' ? lent : undefined))
  }

  async create(id: string, stored: Omit<Stored, 'version'>): Promise<Lent> {
    const lent = await this.#ask({ do: 'create', session: id, ...stored }, (answer, made) => (answer.is === 'lent' ? made : undefined))
    if (!lent) throw unavailable('SPY_SESSION_FULL', [this.#name])
    return lent
  }

  async write(id: string, write: Write): Promise<WriteResult> {
    const result = await this.#ask({ do: 'write', session: id, mark: newMark(), ...write }, (answer, lent): WriteResult | 'full' => {
      if (lent && (answer.is === 'written' || answer.is === 'changed')) return { is: answer.is, lent }
      return answer.is === 'full' ? 'full' : { is: 'gone' }
    })
    if (result === 'full') throw unavailable('SPY_SESSION_FULL', [this.#name])
    return result
  }

  async touch(id: string, until: number): Promise<void> {
    await this.#ask({ do: 'touch', session: id, until }, () => undefined)
  }

  async remove(id: string, version?: number): Promise<boolean> {
    const question: Question = { do: 'remove', session: id, ...(version === undefined ? {} : { version }) }
    const isRemoved = await this.#ask(question, ({ is }) => is !== 'changed')
    this.#options.observer.dropped(id)
    return isRemoved
  }

  configure(): void {
    this.#hello()
  }

  /** The store process shows them itself. */
  figures() {
    return { active: undefined, expired: 0 }
  }

  close(): void {
    this.#isClosed = true
    this.#stream?.close()
  }

  get #name(): string {
    return this.#options.config().name
  }

  /** `read`: makes the result of the answer, and of the session in it. */
  async #ask<T>(question: Question, read: (answer: Answer, lent: Lent | undefined) => T): Promise<T> {
    const { timeoutMs } = this.#options.config()
    const silent = (): Error => unavailable('SPY_SESSION_STORE_SILENT', [this.#name, timeoutMs])
    if (this.#isClosed) throw silent()
    const id = ++this.#lastId
    try {
      const [answer, lent] = await this.#patience.answer({ ask: () => this.#answerTo(id, question), timeoutMs, silent })
      if (answer.is === 'failed') throw unavailable('SPY_SESSION_STORE_FAILED', [this.#name, answer.reason])
      return read(answer, lent)
    } finally {
      this.#asked.delete(id)
    }
  }

  #answerTo(id: number, question: Question): Promise<readonly [Answer, Lent | undefined]> {
    return new Promise((resolve) => {
      const answered = (answer: Answer, sentAt: number): void => resolve([answer, this.#noted(question, answer, sentAt)])
      this.#asked.set(id, { question, sentAt: this.#clock.now(), answered })
      this.#send({ id, ...question })
    })
  }

  /** The copy is noted before the next message of the store is read: it may be that the copy is old. */
  #noted({ session }: Question, answer: Answer, sentAt: number): Lent | undefined {
    if (!('stored' in answer)) return undefined
    const lent = { ...answer.stored, freshUntil: answer.isOld ? 0 : sentAt + this.#leaseMs }
    this.#options.observer.lent(session, lent)
    return lent
  }

  get #leaseMs(): number {
    return Math.min(this.#options.config().cacheMs ?? MAX_LEASE_MS, MAX_LEASE_MS)
  }

  #connect(): void {
    if (this.#isClosed) return
    const socket = connectLocally(this.#options.path)
    const stream = new MessageStream(socket, {
      onMessage: (message) => this.#heard(message as FromStore),
      onEnd: () => this.#ended(),
    })
    stream.unref()
    this.#stream = stream
    this.#hello()
    for (const [id, asked] of this.#asked) {
      asked.sentAt = this.#clock.now()
      this.#send({ id, ...asked.question })
    }
  }

  #hello(): void {
    const { token, config } = this.#options
    const { name, maxSessions, maxTotalBytes } = config()
    this.#send({ do: 'hello', space: name, token, leaseMs: this.#leaseMs, maxSessions, maxTotalBytes })
  }

  #ended(): void {
    this.#options.observer.dropped() // the next store does not know who has copies
    if (this.#isClosed) return
    this.#clock.after(this.#reconnectMs, () => this.#connect())
    this.#reconnectMs = Math.min(2 * this.#reconnectMs, MAX_RECONNECT_MS)
  }

  #heard(message: FromStore): void {
    this.#reconnectMs = FIRST_RECONNECT_MS
    if (message.is === 'old') {
      this.#options.observer.dropped(message.session)
      return this.#send({ do: 'dropped', change: message.change })
    }
    const asked = this.#asked.get(message.id)
    this.#asked.delete(message.id)
    asked?.answered(message, asked.sentAt)
  }

  #send(message: ToStore): void {
    this.#stream?.send(message)
  }
}
