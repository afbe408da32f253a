/**
 * What the keeper passes on to management: registry pushes and events of the other processes. One message is in progress at a time, so
 * the channel's own buffer (which is unbounded) stays empty; only the latest push of each source is kept, events wait in order while
 * management is down.
 */
import type { RegistrySnapshot, SpyglassEvent, ToChild } from '@spyglass/agent/contract'
import type { Generation } from './generation.ts'

const MAX_EVENTS = 10_000

export class ManagementFeed {
  /** Events dropped because management was down for too long. */
  droppedEvents = 0
  readonly #latest = new Map<string, RegistrySnapshot>()
  readonly #unsent = new Set<string>()
  #events: ToChild[] = []
  #receiver: Generation | undefined
  #sending = false

  /** Management is ready: it gets the latest push of every source, then the waiting events. */
  connect(receiver: Generation): void {
    this.#receiver = receiver
    this.#sending = false
    for (const source of this.#latest.keys()) this.#unsent.add(source)
    this.#pump()
  }

  disconnect(): void {
    this.#receiver = undefined
  }

  push(source: string, snapshot: RegistrySnapshot): void {
    this.#latest.set(source, snapshot)
    this.#unsent.add(source)
    this.#pump()
  }

  event(source: string, event: SpyglassEvent): void {
    this.#queue({ type: 'event', source, event })
  }

  gone(source: string, planned: boolean): void {
    this.#latest.delete(source)
    this.#unsent.delete(source)
    this.#queue({ type: 'gone', source, planned })
  }

  #queue(message: ToChild): void {
    this.#events.push(message)
    if (this.#events.length > MAX_EVENTS) {
      this.#events = this.#events.slice(-MAX_EVENTS)
      this.droppedEvents++
    }
    this.#pump()
  }

  #pump(): void {
    const receiver = this.#receiver
    if (!receiver || this.#sending) return
    const message = this.#take()
    if (!message) return
    this.#sending = true
    receiver.send(message, (error) => {
      if (this.#receiver !== receiver) return this.#putBack(message)
      this.#sending = false
      if (error) return this.#putBack(message)
      this.#pump()
    })
  }

  /** Events first: they are few and wanted within a second. */
  #take(): ToChild | undefined {
    const event = this.#events.shift()
    if (event) return event
    for (const source of this.#unsent) {
      this.#unsent.delete(source)
      const snapshot = this.#latest.get(source)
      if (snapshot) return { type: 'source', source, snapshot }
    }
    return undefined
  }

  /** A push need not be retried: the next one replaces it. */
  #putBack(message: ToChild): void {
    if (message.type === 'event' || message.type === 'gone') this.#events.unshift(message)
  }
}
