/** Delivers pages to all receivers independently, with retries until they are accepted. */
import type { ReceiverConfig } from '@spyglass/process/config'
import { codeOf, messageOf } from '@spyglass/agent/contract'
import type { Logger } from '@spyglass/process/logger'
import { deliver } from './deliver.ts'
import { afterFailure, afterSuccess, type Delivery, type DeliveryHistory } from './delivery.ts'
import { fail } from './errors.ts'
import { dueEntries, isStale, joinWaiting, nextDueAt, type OutboxEntry, retryDelayMs } from './outbox.ts'
import type { Page } from './page.ts'
import { waitOf } from './retry-after.ts'

/** The part of the persistent state that is the notifier's. */
export interface OutboxState {
  sequence: number
  outbox: OutboxEntry[]
  /** By receiver. Absent in older state files. */
  deliveries?: Record<string, DeliveryHistory>
}

export interface NotifierOptions {
  readonly receivers: readonly ReceiverConfig[]
  readonly state: OutboxState
  /** Writes the state; called after each change. */
  readonly save: () => void
  readonly logger: Logger
  /** Called for each page that a receiver has accepted. */
  readonly onAccepted?: (entry: OutboxEntry) => void
  readonly now?: () => number
}

export interface Notifier {
  /** Queues the page for the receivers; the caller saves the state together with its own change, then calls {@link wake}. */
  enqueue(page: Page, receivers?: readonly ReceiverConfig[]): void
  /** Sends whatever is due, and what becomes due later. */
  wake(): void
  /** Takes in other receivers. What waits for one that is gone is dropped. */
  reconfigure(receivers: readonly ReceiverConfig[]): void
  /** Sends a page at once, beside what waits. @throws SPY_RECEIVER_NAME_UNKNOWN, SPY_PAGE_…, SPY_RECEIVER_INTERNAL */
  try(receiver: string, page: Page): Promise<void>
  /** Sends a sign of life to those who page when it stays away. One that fails is not repeated, since another follows. Never throws. */
  beat(page: Page): Promise<void>
  readonly sent: number
  readonly failed: number
  /** What became of the pages, for each receiver in the configuration. */
  deliveries(): readonly Delivery[]
  /** Waits for running attempts; undelivered pages stay in the state. */
  stop(): Promise<void>
}

export function createNotifier(options: NotifierOptions): Notifier {
  return new OutboxNotifier(options)
}

/** How many pages one receiver is sent at the same time. */
const MAX_AT_ONCE = 8
/** Somebody waits for the result of a test. */
const TRY_MS = 30_000

class OutboxNotifier implements Notifier {
  sent = 0
  failed = 0
  #receivers: readonly ReceiverConfig[]
  readonly #state: OutboxState
  readonly #save: () => void
  readonly #logger: Logger
  readonly #onAccepted: NotifierOptions['onAccepted']
  readonly #now: () => number
  readonly #underway = new Map<OutboxEntry, Promise<void>>()
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor({ receivers, state, save, logger, onAccepted, now = Date.now }: NotifierOptions) {
    this.#receivers = receivers
    this.#state = state
    this.#save = save
    this.#logger = logger.child({ component: 'notify' })
    this.#onAccepted = onAccepted
    this.#now = now
    this.#dropUnknownReceivers()
    this.#dropOldNotices()
  }

  enqueue(page: Page, receivers: readonly ReceiverConfig[] = this.#receivers): void {
    for (const { name } of receivers) {
      const sequence = ++this.#state.sequence
      this.#state.outbox.push({ sequence, receiver: name, page, attempts: 0, nextAttemptAt: this.#now() })
    }
    this.#joinWaiting()
  }

  reconfigure(receivers: readonly ReceiverConfig[]): void {
    this.#receivers = receivers
    this.#dropUnknownReceivers()
    this.#save()
    this.wake()
  }

  deliveries(): readonly Delivery[] {
    return this.#receivers.map(({ name }) => ({
      receiver: name,
      waiting: this.#state.outbox.filter(({ receiver }) => receiver === name).length,
      ...this.#state.deliveries?.[name],
    }))
  }

  wake(): void {
    if (this.#stopped) return
    clearTimeout(this.#timer)
    for (const entry of dueEntries(this.#idle(), this.#now())) {
      const receiver = this.#receivers.find(({ name }) => name === entry.receiver)
      if (receiver && !this.#isBusy(receiver)) this.#underway.set(entry, this.#attempt(receiver, entry))
    }
    const due = nextDueAt(this.#idle().filter((entry) => !this.#isBusy({ name: entry.receiver })))
    if (due !== undefined) this.#timer = setTimeout(() => this.wake(), Math.max(10, due - this.#now())).unref()
  }

  async try(name: string, page: Page): Promise<void> {
    const receiver = this.#receivers.find((one) => one.name === name)
    const known = this.#receivers.map((one) => one.name).join(', ') || 'none'
    if (!receiver) throw fail('SPY_RECEIVER_NAME_UNKNOWN', [name.slice(0, 100), known])
    const timeoutMs = Math.min(receiver.timeoutMs, TRY_MS)
    await deliver({ ...receiver, timeoutMs }, { page, sequence: ++this.#state.sequence }, this.#now())
  }

  async beat(page: Page): Promise<void> {
    const watchdogs = this.#receivers.filter(({ type }) => type === 'watchdog')
    await Promise.all(watchdogs.map(async (watchdog) => await this.#beat(watchdog, page)))
  }

  async #beat(receiver: ReceiverConfig, page: Page): Promise<void> {
    try {
      await deliver(receiver, { page, sequence: 0 }, this.#now())
      this.#note(receiver.name, () => afterSuccess(this.#now()))
    } catch (error) {
      this.#note(receiver.name, (before) => afterFailure(before, messageOf(error), this.#now()))
      this.#logger.warn({ code: codeOf(error), receiver: receiver.name, reason: messageOf(error) }, 'could not deliver a sign of life')
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await Promise.all(this.#underway.values())
  }

  /** Entries without a running attempt; an entry behind a running one of the same incident waits as well. */
  #idle(): OutboxEntry[] {
    const busy = new Set([...this.#underway.keys()].map(({ receiver, page }) => `${receiver}\n${page.incidentId}`))
    return this.#state.outbox.filter(({ receiver, page }) => !busy.has(`${receiver}\n${page.incidentId}`))
  }

  /** What has come back wakes the rest. */
  #isBusy({ name }: Pick<ReceiverConfig, 'name'>): boolean {
    return [...this.#underway.keys()].filter(({ receiver }) => receiver === name).length >= MAX_AT_ONCE
  }

  async #attempt(receiver: ReceiverConfig, entry: OutboxEntry): Promise<void> {
    if (await this.#delivered(receiver, entry)) this.#tellAccepted(entry)
    this.#joinWaiting()
    this.#save()
    this.wake()
  }

  async #delivered(receiver: ReceiverConfig, entry: OutboxEntry): Promise<boolean> {
    try {
      await deliver(receiver, entry, this.#now())
    } catch (error) {
      this.#failed(entry, error)
      return false
    }
    this.#succeeded(entry)
    return true
  }

  /** What a listener cannot do changes nothing of a page that was accepted. */
  #tellAccepted(entry: OutboxEntry): void {
    try {
      this.#onAccepted?.(entry)
    } catch (error) {
      this.#logger.error(
        { err: error, receiver: entry.receiver, incidentId: entry.page.incidentId },
        'could not tell that a page was delivered',
      )
    }
  }

  #succeeded(entry: OutboxEntry): void {
    const { receiver, page, attempts } = entry
    this.sent++
    this.#replace(entry)
    this.#note(receiver, () => afterSuccess(this.#now()))
    this.#logger.info({ receiver, incidentId: page.incidentId, status: page.status, attempts: attempts + 1 }, 'page delivered')
  }

  #failed(entry: OutboxEntry, error: unknown): void {
    const { receiver, page } = entry
    const attempts = entry.attempts + 1
    const isLast = isStale(entry, this.#now())
    this.failed++
    const pauseMs = Math.max(retryDelayMs(attempts), waitOf(error))
    this.#replace(entry, ...(isLast ? [] : [{ ...entry, attempts, nextAttemptAt: this.#now() + pauseMs }]))
    this.#note(receiver, (before) => afterFailure(before, messageOf(error), this.#now()))
    const told = isLast ? fail('SPY_PAGE_GIVEN_UP', [receiver], error) : error
    this.#logger[isLast ? 'error' : 'warn'](
      { code: codeOf(told), receiver, incidentId: page.incidentId, status: page.status, reason: messageOf(told) },
      'could not deliver a page',
    )
  }

  #note(receiver: string, change: (before: DeliveryHistory) => DeliveryHistory): void {
    const deliveries = (this.#state.deliveries ??= {})
    deliveries[receiver] = change(deliveries[receiver] ?? {})
  }

  /** The new entries take the place of the old one: entries of the same incident are in the order of their age. */
  #replace(entry: OutboxEntry, ...by: OutboxEntry[]): void {
    this.#underway.delete(entry)
    const at = this.#state.outbox.indexOf(entry)
    if (at >= 0) this.#state.outbox.splice(at, 1, ...by)
  }

  #joinWaiting(): void {
    this.#state.outbox = joinWaiting(this.#state.outbox, (entry) => this.#underway.has(entry))
  }

  #dropOldNotices(): void {
    this.#state.outbox = this.#state.outbox.filter((entry) => entry.page.status !== 'notice' || !isStale(entry, this.#now()))
  }

  /** A receiver that was removed from the configuration must not keep its pages forever. */
  #dropUnknownReceivers(): void {
    const isKnown = (name: string): boolean => this.#receivers.some((receiver) => receiver.name === name)
    this.#state.outbox = this.#state.outbox.filter(({ receiver }) => isKnown(receiver))
    const deliveries = Object.entries(this.#state.deliveries ?? {}).filter(([name]) => isKnown(name))
    this.#state.deliveries = Object.fromEntries(deliveries)
  }
}
