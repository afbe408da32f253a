/** A notification client: its listeners, their pending notifications, and its event stream. Everything is bounded. */
import type { ServerResponse } from 'node:http'
import type { ObjectName } from './object-name.ts'

/** Maximum pending notifications per pull listener. */
export const MAX_PULL_ENTRIES = 100
/** Messages kept for a disconnected stream, and their total size in characters. */
const MAX_BACKLOG = 1000
const MAX_BACKLOG_CHARACTERS = 1_048_576
/** Unread data on a socket beyond which no further message is written and the client is dropped. One message may be larger. */
const MAX_UNREAD_BYTES = 1_048_576

export interface Listener {
  readonly handle: string
  readonly mode: 'pull' | 'sse'
  readonly mbean: string
  readonly matches: (name: ObjectName) => boolean
  /** Prefixes of event names; empty matches all. */
  readonly filter: readonly string[]
  readonly handback: unknown
  /** Notifications as JSON, oldest first. */
  readonly waiting: string[]
  dropped: number
  /** Of a pull listener of a feed that remembers: position of the last event that it was given, or that is not for it. */
  position: number
}

export interface Message {
  /** Position of the event. */
  readonly id: number
  readonly listener: Listener
  readonly notification: string
}

export class NotificationClient {
  readonly id: string
  readonly listeners = new Map<string, Listener>()
  lastSeen: number
  #nextHandle = 1
  #backlog: Message[] = []
  #backlogCharacters = 0
  /** Id of the last message written to a socket. */
  #written = 0
  #stream: ServerResponse | undefined

  constructor(id: string, now: number) {
    this.id = id
    this.lastSeen = now
  }

  get isStreaming(): boolean {
    return this.#stream !== undefined
  }

  add({
    position = 0,
    ...listener
  }: Omit<Listener, 'handle' | 'waiting' | 'dropped' | 'position'> & { readonly position?: number }): string {
    const handle = String(this.#nextHandle++)
    this.listeners.set(handle, { ...listener, handle, waiting: [], dropped: 0, position })
    return handle
  }

  /** Accepts one notification for one of its listeners. */
  deliver(message: Message): void {
    const { listener, notification } = message
    if (listener.mode === 'sse') this.#send(message)
    else if (listener.waiting.push(notification) > MAX_PULL_ENTRIES) {
      listener.waiting.shift()
      listener.dropped++
    }
  }

  /** Returns and removes the pending notifications of a listener. */
  pull(listener: Listener, notifications: readonly string[] = listener.waiting.splice(0)): string {
    return resultOf(listener, notifications)
  }

  #send(message: Message): void {
    this.#backlog.push(message)
    this.#backlogCharacters += message.notification.length
    this.#trim()
    if (this.#stream) this.#write(this.#stream, message)
  }

  #trim(): void {
    while (this.#backlog.length > MAX_BACKLOG || (this.#backlogCharacters > MAX_BACKLOG_CHARACTERS && this.#backlog.length > 1)) {
      const { id, listener, notification } = this.#backlog.shift()!
      this.#backlogCharacters -= notification.length
      if (id > this.#written) listener.dropped++
    }
  }

  #write(stream: ServerResponse, { id, listener, notification }: Message): void {
    if (!isOpen(stream)) return
    if (stream.writableLength > MAX_UNREAD_BYTES) return this.#drop(stream)
    stream.write(`id: ${id}\ndata: ${resultOf(listener, [notification])}\n\n`)
    this.#written = id
  }

  #drop(stream: ServerResponse): void {
    if (this.#stream === stream) this.#stream = undefined
    stream.destroy()
  }

  /**
   * Attaches `stream` to the client and sends what it has missed: `missed`, if somebody else knows it better. An earlier stream is closed. False: not all of it;
   * the stream ends, and its client asks for the rest.
   */
  open(stream: ServerResponse, lastEventId: number | undefined, missed?: readonly Message[]): boolean {
    this.#stream?.end()
    this.#stream = stream
    const seen = lastEventId ?? this.#written
    for (const event of ['close', 'error']) stream.on(event, () => this.#drop(stream))
    stream.write(': open\n\n')
    for (const message of missed ?? this.#backlog) {
      if (message.id <= seen || message.listener.mode !== 'sse') continue
      if (stream.writableLength > MAX_UNREAD_BYTES) {
        stream.end()
        return false
      }
      this.#write(stream, message)
    }
    return true
  }

  /** Keeps the connection alive through proxies and detects dead ones. */
  heartbeat(): void {
    if (this.#stream && isOpen(this.#stream)) this.#stream.write(':\n\n')
  }

  close(): void {
    this.#stream?.end()
    this.#stream = undefined
  }
}

/** Writing to a closed stream would emit an error event. */
function isOpen(stream: ServerResponse): boolean {
  return !stream.destroyed && !stream.writableEnded
}

/** Payload of a pull and of a message. */
function resultOf(listener: Listener, notifications: readonly string[]): string {
  const { handle, handback, dropped } = listener
  listener.dropped = 0
  return `{"handle":"${handle}","handback":${JSON.stringify(handback)},"dropped":${dropped},"notifications":[${notifications.join(',')}]}`
}
