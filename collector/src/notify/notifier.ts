/** Delivers pages to all receivers independently, with retries until accepted or dropped. */
import type { WebhookConfig } from '@spyglass/process/config'
import { codeOf, type SpyglassError } from '@spyglass/agent/contract'
import type { Logger } from '@spyglass/process/logger'
import { deliver } from './deliver.ts'
import { fail } from './errors.ts'
import { addEntry, dueEntries, MAX_ATTEMPTS, nextDueAt, type OutboxEntry, retryDelayMs } from './outbox.ts'
import type { Page } from './page.ts'

/** The part of the persistent state that is the notifier's. */
export interface OutboxState {
  sequence: number
  outbox: OutboxEntry[]
}

export interface NotifierOptions {
  readonly receivers: readonly WebhookConfig[]
  readonly state: OutboxState
  /** Writes the state; called after each change. */
  readonly save: () => void
  readonly logger: Logger
  readonly now?: () => number
}

export interface Notifier {
  /** Queues the page for the receivers; the caller saves the state together with its own change, then calls {@link wake}. */
  enqueue(page: Page, receivers?: readonly WebhookConfig[]): void
  /** Sends whatever is due, and what becomes due later. */
  wake(): void
  readonly sent: number
  readonly failed: number
  /** Waits for running attempts; undelivered pages stay in the state. */
  stop(): Promise<void>
}

export function createNotifier(options: NotifierOptions): Notifier {
  return new OutboxNotifier(options)
}

class OutboxNotifier implements Notifier {
  sent = 0
  failed = 0
  readonly #receivers: readonly WebhookConfig[]
  readonly #state: OutboxState
  readonly #save: () => void
  readonly #logger: Logger
  readonly #now: () => number
  readonly #underway = new Map<OutboxEntry, Promise<void>>()
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor({ receivers, state, save, logger, now = Date.now }: NotifierOptions) {
    this.#receivers = receivers
    this.#state = state
    this.#save = save
    this.#logger = logger.child({ component: 'notify' })
    this.#now = now
    this.#dropUnknownReceivers()
  }

  enqueue(page: Page, receivers: readonly WebhookConfig[] = this.#receivers): void {
    for (const { name } of receivers) {
      const sequence = ++this.#state.sequence
      addEntry(this.#state.outbox, { sequence, receiver: name, page, attempts: 0, nextAttemptAt: this.#now() })
    }
  }

  wake(): void {
    if (this.#stopped) return
    clearTimeout(this.#timer)
    for (const entry of dueEntries(this.#idle(), this.#now())) {
      const receiver = this.#receivers.find(({ name }) => name === entry.receiver)
      if (receiver) this.#underway.set(entry, this.#attempt(receiver, entry))
    }
    const due = nextDueAt(this.#idle())
    if (due !== undefined) this.#timer = setTimeout(() => this.wake(), Math.max(10, due - this.#now())).unref()
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

  async #attempt(receiver: WebhookConfig, entry: OutboxEntry): Promise<void> {
    entry.attempts++ // from here on it is no longer replaced by a newer one
    const { incidentId, status } = entry.page
    try {
      await deliver(receiver, entry)
      this.sent++
      this.#remove(entry)
      this.#logger.info({ receiver: receiver.name, incidentId, status, attempts: entry.attempts }, 'page delivered')
    } catch (error) {
      this.failed++
      this.#afterFailure(receiver, entry, error)
    }
    this.#underway.delete(entry)
    this.#save()
    this.wake()
  }

  #afterFailure(receiver: WebhookConfig, entry: OutboxEntry, error: unknown): void {
    const isLast = codeOf(error) === 'SPY_PAGE_REJECTED' || entry.attempts >= MAX_ATTEMPTS
    entry.nextAttemptAt = this.#now() + retryDelayMs(entry.attempts)
    if (isLast) this.#remove(entry)
    const told = entry.attempts >= MAX_ATTEMPTS ? fail('SPY_PAGE_GIVEN_UP', [receiver.name, entry.attempts], error) : error
    const { code, message } = told as SpyglassError
    const { incidentId, status } = entry.page
    this.#logger[isLast ? 'error' : 'warn'](
      { code, receiver: receiver.name, incidentId, status, reason: message },
      'could not deliver a page',
    )
  }

  #remove(entry: OutboxEntry): void {
    this.#state.outbox.splice(this.#state.outbox.indexOf(entry), 1)
  }

  /** A receiver that was removed from the configuration must not keep its pages forever. */
  #dropUnknownReceivers(): void {
    const names = new Set(this.#receivers.map(({ name }) => name))
    this.#state.outbox.splice(0, Infinity, ...this.#state.outbox.filter(({ receiver }) => names.has(receiver)))
  }
}
