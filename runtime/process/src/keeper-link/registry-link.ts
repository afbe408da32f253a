/**
 * A process's connection to management, for its registry and its events. It is made again whenever it breaks, since management may be
 * restarted at any time. Of the registry the newest values count; events are repeated, in order, until management acknowledges them.
 */
import process from 'node:process'
import type { RegistrySnapshot } from '@spyglass/agent/contract'
import { connectLocally, MessageStream } from '../channel/index.ts'
import { Outbox, outboxFolder } from './outbox.ts'
import type { NumberedMessage, RegistryAnswer, RegistryMessage, WholePush } from './registry-messages.ts'
import { changesOf } from './snapshot-changes.ts'

const RETRY_MS = 500

export interface RegistryLinkOptions {
  readonly path: string
  /** Name of the process. */
  readonly source: string
  /** Sent on each connection after what was not acknowledged. */
  readonly present?: () => RegistryMessage
  /** The values to push, read when they can be sent. */
  readonly push: () => WholePush
}

export class RegistryLink {
  readonly #options: RegistryLinkOptions
  readonly #outbox: Outbox
  #stream: MessageStream | undefined
  /** What management knows from the last push of this connection. */
  #pushed: RegistrySnapshot | undefined
  #retry: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(options: RegistryLinkOptions) {
    this.#options = options
    this.#outbox = new Outbox({ folder: outboxFolder(options.path), source: options.source })
    this.#connect()
  }

  /** Messages dropped because management was away for too long. */
  get dropped(): number {
    return this.#outbox.dropped
  }

  /** Messages that management may not have. */
  get unacknowledged(): number {
    return this.#outbox.size
  }

  get isConnected(): boolean {
    return this.#stream !== undefined
  }

  /** Sends what has changed of the values, unless the last ones are still on their way. */
  push(): void {
    if (!this.#stream?.isDrained) return
    const message = this.#options.push()
    this.#stream.send({ ...message, snapshot: changesOf(this.#pushed, message.snapshot) })
    this.#pushed = message.snapshot
  }

  /** Sends a message, now and on later connections, until it is acknowledged. */
  send(message: NumberedMessage): void {
    const numbered = this.#outbox.add(message)
    this.#stream?.send(numbered)
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#retry)
    this.#stream?.close()
    this.#outbox.close()
  }

  #connect(): void {
    const socket = connectLocally(this.#options.path)
    socket.unref()
    socket.once('connect', () => this.#greet(stream))
    const stream = new MessageStream(socket, { onMessage: (answer) => this.#hear(answer as RegistryAnswer), onEnd: () => this.#lost() })
  }

  #greet(stream: MessageStream): void {
    const { source, present } = this.#options
    this.#stream = stream
    this.#pushed = undefined
    stream.send({ type: 'hello', source, pid: process.pid, run: this.#outbox.run } satisfies RegistryMessage)
    for (const message of this.#outbox.waiting) stream.send(message)
    if (present) stream.send(present())
    this.push()
  }

  #hear(answer: RegistryAnswer): void {
    if (answer.type === 'taken') this.#outbox.taken(answer.numbers)
  }

  #lost(): void {
    this.#stream = undefined
    if (!this.#isClosed) this.#retry = setTimeout(() => this.#connect(), RETRY_MS).unref()
  }
}
