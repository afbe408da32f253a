/**
 * Sends notifications to all receivers. Each has its own queue and gets them in order, so a receiver that does not answer delays no other.
 * What begins or ends an incident is repeated until a receiver that acknowledges has done so; the rest may be lost.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { messageOf, type SpyglassEvent } from '@spyglass/agent/contract'
import type { AgentStatus } from '../mib/agent-objects.ts'
import type { Notification } from './message.ts'
import type { Receiver } from './receiver.ts'

const MAX_QUEUED = 1000
const FIRST_PAUSE_MS = 1000
const MAX_PAUSE_MS = 60_000

/** A notification to send. */
export interface Message {
  readonly notification: Notification
  /** What it tells, if that begins or ends an incident. */
  readonly incident?: SpyglassEvent | undefined
}

export interface NotifierOptions {
  readonly receivers: readonly Receiver[]
  readonly status: AgentStatus
  /** Called for each notification that a receiver did not accept. */
  readonly onFailure: (error: unknown, notification: Notification) => void
  /** Called with what begins or ends an incident and waits for the receiver to acknowledge it, before it is sent and when it was. */
  readonly onWaiting?: (receiver: string, incidents: readonly SpyglassEvent[]) => void
  /** First pause before what was not acknowledged is repeated; it doubles up to a minute. Default 1000. */
  readonly pauseMs?: number
}

export interface Notifier {
  notify(message: Message): void
  /** Queues for one receiver what an earlier process had not delivered. */
  resume(receiver: string, messages: readonly Message[]): void
  /** Resolves when all queues are empty. */
  idle(): Promise<void>
  stop(): void
}

export function createNotifier(options: NotifierOptions): Notifier {
  const queues = options.receivers.map((receiver) => new Queue(receiver, options))
  return {
    notify: (message) => queues.forEach((queue) => queue.push(message)),
    resume: (name, messages) =>
      queues.filter(({ receiver }) => receiver.name === name).forEach((queue) => messages.forEach((message) => queue.push(message))),
    idle: async () => {
      await Promise.all(queues.map((queue) => queue.idle()))
    },
    stop: () => queues.forEach((queue) => queue.stop()),
  }
}

class Queue {
  readonly receiver: Receiver
  readonly #options: NotifierOptions
  /** The first one is being sent. */
  readonly #waiting: Message[] = []
  readonly #stopping = new AbortController()
  #draining: Promise<void> | undefined

  constructor(receiver: Receiver, options: NotifierOptions) {
    this.receiver = receiver
    this.#options = options
  }

  push(message: Message): void {
    if (this.#stopping.signal.aborted) return
    if (this.#waiting.length > MAX_QUEUED) this.#dropOne()
    this.#waiting.push(message)
    this.#note(message)
    this.#draining ??= this.#drain()
  }

  idle(): Promise<void> {
    return this.#draining ?? Promise.resolve()
  }

  stop(): void {
    this.#stopping.abort()
    this.receiver.close()
  }

  async #drain(): Promise<void> {
    for (let next = this.#waiting[0]; next && !this.#stopping.signal.aborted; next = this.#waiting[0]) {
      await this.#deliver(next)
      if (this.#stopping.signal.aborted) break
      this.#waiting.shift()
      this.#note(next)
    }
    this.#draining = undefined
  }

  /** Returns when the receiver has it, or when it is lost. */
  async #deliver(message: Message): Promise<void> {
    const mustArrive = message.incident !== undefined && this.receiver.acknowledges
    let pauseMs = this.#options.pauseMs ?? FIRST_PAUSE_MS
    while (!(await this.#attempt(message.notification))) {
      if (!mustArrive || this.#stopping.signal.aborted) return
      await delay(pauseMs, undefined, { signal: this.#stopping.signal, ref: false }).catch(() => undefined) // woken by stop
      pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * 2)
    }
  }

  /** Whether the receiver has it. */
  async #attempt(notification: Notification): Promise<boolean> {
    const { status, onFailure } = this.#options
    status.notificationsSent++
    try {
      await this.receiver.deliver(notification)
      status.undelivered.delete(this.receiver.name)
      return true
    } catch (error) {
      if (this.#stopping.signal.aborted) return false
      status.informsUnacknowledged++
      status.undelivered.set(this.receiver.name, messageOf(error))
      onFailure(error, notification)
      return false
    }
  }

  /** The oldest of those that may be lost, else the oldest. */
  #dropOne(): void {
    const at = this.#waiting.findIndex(({ incident }, index) => index > 0 && incident === undefined)
    const [dropped] = this.#waiting.splice(Math.max(1, at), 1)
    this.#options.status.notificationsDropped++
    if (dropped) this.#note(dropped)
  }

  #note({ incident }: Message): void {
    if (incident === undefined || !this.receiver.acknowledges) return
    this.#options.onWaiting?.(
      this.receiver.name,
      this.#waiting.flatMap((message) => message.incident ?? []),
    )
  }
}
