/**
 * A process's connection to management, for its registry and its events. It is made again whenever it breaks, since management may be
 * restarted at any time. Of the registry the newest values count; events wait in order, up to a limit.
 */
import { connectLocally, MessageStream } from '../channel/index.ts'
import type { RegistryMessage } from './registry-messages.ts'

const RETRY_MS = 500
const MAX_WAITING = 10_000

export interface RegistryLinkOptions {
  readonly path: string
  /** Sent first on each connection. */
  readonly greeting: () => readonly RegistryMessage[]
  /** The values to push, read when they can be sent. */
  readonly push: () => RegistryMessage
}

export class RegistryLink {
  /** Messages dropped because management was away for too long. */
  dropped = 0
  readonly #options: RegistryLinkOptions
  #waiting: RegistryMessage[] = []
  #stream: MessageStream | undefined
  #retry: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(options: RegistryLinkOptions) {
    this.#options = options
    this.#connect()
  }

  get isConnected(): boolean {
    return this.#stream !== undefined
  }

  /** Sends the present values, unless the last ones are still on their way. */
  push(): void {
    if (this.#stream?.isDrained) this.#stream.send(this.#options.push())
  }

  /** Sends an event, or keeps it until there is a connection. What was on its way when a connection broke is lost: nobody acknowledges it. */
  send(message: RegistryMessage): void {
    if (this.#stream) return this.#stream.send(message)
    this.#waiting.push(message)
    if (this.#waiting.length <= MAX_WAITING) return
    this.#waiting.shift()
    this.dropped++
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#retry)
    this.#stream?.close()
  }

  #connect(): void {
    const socket = connectLocally(this.#options.path)
    socket.unref()
    socket.once('connect', () => this.#greet(stream))
    const stream = new MessageStream(socket, { onMessage: () => {}, onEnd: () => this.#lost() })
  }

  #greet(stream: MessageStream): void {
    this.#stream = stream
    for (const message of this.#options.greeting()) stream.send(message)
    for (const message of this.#waiting) stream.send(message)
    this.#waiting = []
    this.push()
  }

  #lost(): void {
    this.#stream = undefined
    if (!this.#isClosed) this.#retry = setTimeout(() => this.#connect(), RETRY_MS).unref()
  }
}
