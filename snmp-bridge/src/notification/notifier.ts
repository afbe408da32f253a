/**
 * Sends notifications to all receivers. Each has its own queue and gets them in order, so a receiver that does not answer delays no other.
 * What begins or ends an incident is repeated until a receiver that acknowledges has done so; the rest may be lost. Where a queue has no room for it, the
 * queue takes nothing more until it is empty, and what came meanwhile is read again.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { messageOf } from '@spyglass/agent/contract'
import type { AgentStatus } from '../mib/agent-objects.ts'
import type { Notification } from './message.ts'
import type { Cursors } from './cursors.ts'
import type { Receiver } from './receiver.ts'

const MAX_QUEUED = 1000
const FIRST_PAUSE_MS = 1000
const MAX_PAUSE_MS = 60_000

/** A notification to send. */
export interface Message {
  /** Undefined for an event that SNMP does not tell: receivers pass it by. */
  readonly notification?: Notification | undefined
  /** Whether it begins or ends an incident. */
  readonly isIncident?: boolean
  /** Position of the event that it tells. */
  readonly position?: number
}

export interface NotifierOptions {
  readonly receivers: readonly Receiver[]
  readonly status: AgentStatus
  /** Called for each notification that a receiver did not accept. */
  readonly onFailure: (error: unknown, notification: Notification) => void
  /** How far each receiver is: what it has is not sent again. */
  readonly cursors?: Pick<Cursors, 'of' | 'moveTo'>
  /** Asks for all events after this position once more. Without it a full queue drops its oldest. */
  readonly readAgain?: (after: number) => void
  /** First pause before what was not acknowledged is repeated; it doubles up to a minute. Default 1000. */
  readonly pauseMs?: number
}

export interface Notifier {
  notify(message: Message): void
  /** Resolves when all queues are empty. */
  idle(): Promise<void>
  stop(): void
}

export function createNotifier(options: NotifierOptions): Notifier {
  const queues: Queue[] = options.receivers.map((receiver) => new Queue(receiver, options, readAgain))

  /** From where each that takes something misses something: the others ask for themselves when they have room. */
  function readAgain(): void {
    options.readAgain?.(Math.min(...queues.filter(({ isBehind }) => !isBehind).map(({ last }) => last)))
  }

  return {
    notify: (message) => queues.forEach((queue) => queue.push(message)),
    idle: async () => {
      await Promise.all(queues.map((queue) => queue.idle()))
    },
    stop: () => queues.forEach((queue) => queue.stop()),
  }
}

class Queue {
  readonly receiver: Receiver
  /** Whether something came for which there was no room: it, and what follows, is taken when it is read again. */
  isBehind = false
  /** Position of the last event that was queued. */
  last: number
  readonly #onRoom: () => void
  readonly #options: NotifierOptions
  /** The first one is being sent. */
  readonly #waiting: Message[] = []
  readonly #stopping = new AbortController()
  #draining: Promise<void> | undefined

  constructor(receiver: Receiver, options: NotifierOptions, onRoom: () => void) {
    this.receiver = receiver
    this.#options = options
    this.#onRoom = onRoom
    this.last = options.cursors?.of(receiver.name) ?? 0
  }

  push(message: Message): void {
    const { position } = message
    if (this.#stopping.signal.aborted || (position !== undefined && (this.isBehind || position <= this.last))) return
    if (this.#waiting.length > MAX_QUEUED && !this.#makeRoom(message)) return
    this.last = position ?? this.last
    this.#waiting.push(message)
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
      if (next.position !== undefined) this.#options.cursors?.moveTo(this.receiver.name, next.position)
    }
    this.#draining = undefined
    if (!this.isBehind || this.#stopping.signal.aborted) return
    this.isBehind = false
    this.#onRoom()
  }

  /** Returns when the receiver has it, or when it is lost. */
  async #deliver({ notification, isIncident = false }: Message): Promise<void> {
    if (!notification) return
    const mustArrive = isIncident && this.receiver.acknowledges
    let pauseMs = this.#options.pauseMs ?? FIRST_PAUSE_MS
    while (!(await this.#attempt(notification))) {
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

  /** Drops the oldest of those that may be lost. False: none may be, and the message can be read again. */
  #makeRoom({ position }: Message): boolean {
    const at = this.#waiting.findIndex(({ isIncident }, index) => index > 0 && !isIncident)
    this.isBehind = at < 0 && position !== undefined && this.receiver.acknowledges && this.#options.readAgain !== undefined
    if (this.isBehind) return false
    const [dropped] = this.#waiting.splice(Math.max(1, at), 1)
    if (dropped?.notification) this.#options.status.notificationsDropped++
    return true
  }
}
