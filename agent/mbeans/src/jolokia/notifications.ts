/**
 * Delivers every event to the clients that subscribe, by pull or by server-sent events. A stream that continues after an event gets what came since from the feed,
 * if that remembers; its client may be a new one.
 */
import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { type SpyglassEvent, objectNameOf } from '@spyglass/agent/contract'
import { platformKinds } from '../kinds/index.ts'
import type { Directory } from './directory.ts'
import type { EventFeed } from './event-feed.ts'
import { fail } from './errors.ts'
import { type Listener, MAX_PULL_ENTRIES, type Message, NotificationClient } from './notification-client.ts'
import { type ObjectName, compilePattern, parseObjectName } from './object-name.ts'
import type { NotificationRequest } from './request.ts'

const MAX_CLIENTS = 200
const MAX_LISTENERS = 100
/** Clients without an open stream expire after this time without a request. */
const EXPIRE_AFTER_MS = 300_000
const HEARTBEAT_MS = 10_000
const MAX_HANDBACK_LENGTH = 4096
/** Events that a stream gets at once of what it missed. Then it ends, and its client asks for more. */
const MAX_MISSED = 500
/** So often a pull reads on over events that are not for its listener; the next one goes on there. */
const MAX_READS = 4

/** ObjectName of the MBean that emits every event. */
const EVENTS_NAME = objectNameOf(platformKinds.events, {})

export interface Notifications {
  /** Answers every command but `open`; the value is JSON. */
  command(request: NotificationRequest): string
  /** Throws unless the client may open a stream; called before the response is hijacked. */
  checkOpen(request: NotificationRequest): void
  open(request: NotificationRequest, stream: ServerResponse, lastEventId: number | undefined): void
  /** The store's operation: the notifications of a pull listener since its last pull, as JSON. */
  pull(client: unknown, handle: unknown): string
  publish(event: SpyglassEvent, position: number): void
  readonly counts: { readonly clients: number; readonly listeners: number; readonly streams: number }
  /** Closes all streams and removes all clients. */
  close(): void
}

export interface NotificationOptions {
  readonly directory: Directory
  /** ObjectName of the store MBean. */
  readonly store: string
  readonly now: () => number
  readonly after?: EventFeed['after']
  readonly newest?: EventFeed['newest']
}

export function createNotifications(options: NotificationOptions): Notifications {
  return new Hub(options)
}

class Hub implements Notifications {
  readonly #directory: Directory
  readonly #store: string
  readonly #now: () => number
  readonly #clients = new Map<string, NotificationClient>()
  readonly #after: EventFeed['after']
  readonly #newest: () => number
  readonly #timer: NodeJS.Timeout

  constructor({ directory, store, now, after, newest = () => 0 }: NotificationOptions) {
    this.#after = after
    this.#newest = newest
    this.#directory = directory
    this.#store = store
    this.#now = now
    this.#timer = setInterval(() => this.#beat(), HEARTBEAT_MS).unref()
  }

  get counts(): Notifications['counts'] {
    const clients = [...this.#clients.values()]
    return {
      clients: clients.length,
      listeners: clients.reduce((sum, { listeners }) => sum + listeners.size, 0),
      streams: clients.filter(({ isStreaming }) => isStreaming).length,
    }
  }

  command(request: NotificationRequest): string {
    switch (request.command) {
      case 'register':
        return this.#register()
      case 'add':
        return this.#add(request)
      case 'remove':
        return this.#remove(request)
      case 'list':
        return JSON.stringify(Object.fromEntries([...this.#client(request.client).listeners].map(([handle, it]) => [handle, shown(it)])))
      case 'ping':
        this.#client(request.client)
        return 'null'
      case 'unregister':
        this.#forget(this.#client(request.client))
        return 'null'
      default:
        throw fail('SPY_JOLOKIA_NOT_IN_BULK')
    }
  }

  #register(): string {
    this.#expire()
    if (this.#clients.size >= MAX_CLIENTS) throw fail('SPY_JOLOKIA_LIMIT', [MAX_CLIENTS, 'clients'])
    const client = new NotificationClient(randomUUID(), this.#now())
    this.#clients.set(client.id, client)
    return JSON.stringify({
      backend: {
        pull: { maxEntries: MAX_PULL_ENTRIES, store: this.#store },
        sse: { 'backChannel.contentType': 'text/event-stream', 'backChannel.encoding': 'UTF-8' },
      },
      id: client.id,
    })
  }

  #add({ client: id, mode, mbean, filter, handback, after }: NotificationRequest): string {
    const client = this.#client(id)
    if (mode !== 'pull' && mode !== 'sse') throw fail('SPY_JOLOKIA_NO_BACKEND', [mode.slice(0, 100)])
    if (client.listeners.size >= MAX_LISTENERS) throw fail('SPY_JOLOKIA_LIMIT', [MAX_LISTENERS, 'listeners'])
    if (JSON.stringify(handback).length > MAX_HANDBACK_LENGTH) throw fail('SPY_JOLOKIA_TOO_LONG', ['handback', MAX_HANDBACK_LENGTH])
    const name = parseObjectName(mbean)
    if (!name.isPattern && !this.#directory.resolve(mbean)) throw fail('SPY_JOLOKIA_NO_MBEAN', [mbean])
    const matches = name.isPattern ? compilePattern(name) : (other: ObjectName) => other.canonical === name.canonical
    return JSON.stringify(client.add({ mode, mbean, matches, filter, handback, position: after ?? this.#newest() }))
  }

  #remove({ client: id, handle }: NotificationRequest): string {
    if (!this.#client(id).listeners.delete(handle)) throw fail('SPY_JOLOKIA_NO_HANDLE', [handle, id])
    return 'null'
  }

  /** The client, marked as seen. */
  #client(id: string): NotificationClient {
    const client = this.#clients.get(id)
    if (!client) throw fail('SPY_JOLOKIA_NO_CLIENT', [id.slice(0, 100)])
    client.lastSeen = this.#now()
    return client
  }

  checkOpen({ client, mode }: NotificationRequest): void {
    this.#client(client)
    if (mode !== 'sse') throw fail('SPY_JOLOKIA_NO_BACKEND', [mode.slice(0, 100)])
  }

  open({ client: id }: NotificationRequest, stream: ServerResponse, lastEventId: number | undefined): void {
    const client = this.#client(id)
    const missed = lastEventId === undefined ? undefined : this.#after?.(lastEventId, MAX_MISSED)
    const isWhole = client.open(
      stream,
      lastEventId,
      missed?.flatMap(({ event, position }) => messagesFor(client, event, position)),
    )
    // The position moves on even if the client hears none of these.
    if (isWhole && missed && missed.length >= MAX_MISSED) stream.end(`id: ${missed.at(-1)?.position}\n\n`)
  }

  pull(id: unknown, handle: unknown): string {
    const client = this.#client(String(id))
    const listener = client.listeners.get(String(handle))
    if (!listener) throw fail('SPY_JOLOKIA_NO_HANDLE', [String(handle).slice(0, 100), client.id])
    return this.#after ? client.pull(listener, this.#heardBy(client, listener)) : client.pull(listener)
  }

  /** What came after the listener's cursor, which moves on. A feed that remembers is read when somebody asks: nothing waits in memory, and nothing is dropped. */
  #heardBy(client: NotificationClient, listener: Listener): readonly string[] {
    const heard: string[] = []
    for (let reads = 0; reads < MAX_READS && heard.length < MAX_PULL_ENTRIES; reads++) {
      const entries = this.#after?.(listener.position, MAX_MISSED) ?? []
      for (const { event, position } of entries) {
        if (heard.length >= MAX_PULL_ENTRIES) break
        listener.position = position
        heard.push(...messagesFor(client, event, position, [listener]).map(({ notification }) => notification))
      }
      if (entries.length < MAX_MISSED) break
    }
    return heard
  }

  publish(event: SpyglassEvent, position: number): void {
    for (const client of this.#clients.values())
      for (const message of messagesFor(client, event, position))
        if (message.listener.mode === 'sse' || !this.#after) client.deliver(message)
  }

  #beat(): void {
    this.#expire()
    for (const client of this.#clients.values()) client.heartbeat()
  }

  #expire(): void {
    const before = this.#now() - EXPIRE_AFTER_MS
    for (const client of this.#clients.values()) {
      if (client.isStreaming) client.lastSeen = this.#now()
      else if (client.lastSeen < before) this.#forget(client)
    }
  }

  #forget(client: NotificationClient): void {
    client.close()
    this.#clients.delete(client.id)
  }

  close(): void {
    clearInterval(this.#timer)
    for (const client of this.#clients.values()) this.#forget(client)
  }
}

/** The event for each listener of the client that hears it. */
function messagesFor(
  client: NotificationClient,
  event: SpyglassEvent,
  position: number,
  listeners: readonly Listener[] = [...client.listeners.values()],
): Message[] {
  if (listeners.length === 0) return []
  const userData = JSON.stringify(event)
  const emitters = [EVENTS_NAME, event.resource].flatMap((name) => emitterOf(name))
  return listeners.flatMap((listener) => {
    const emitter = emitters.find(({ parsed }) => listener.matches(parsed))
    if (!emitter || !hears(listener, event)) return []
    return [{ id: position, listener, notification: notificationOf(event, position, emitter.name, userData) }]
  })
}

function shown({ mbean, filter, handback }: Listener): object {
  return { mbean, ...(filter.length > 0 ? { filter } : {}), ...(handback === null ? {} : { handback }) }
}

/** As in Java, a filter enables every type that starts with it. */
function hears({ filter }: Listener, event: SpyglassEvent): boolean {
  return filter.length === 0 || filter.some((prefix) => event.name.startsWith(prefix))
}

/** An event's resource need not be a valid name; then only the MBean of all events emits it. */
function emitterOf(name: string): readonly { readonly name: string; readonly parsed: ObjectName }[] {
  try {
    return [{ name, parsed: parseObjectName(name) }]
  } catch {
    return [] // a listener can only ask for valid names
  }
}

function notificationOf(event: SpyglassEvent, sequenceNumber: number, source: string, userData: string): string {
  const { name: type, time: timeStamp, message } = event
  const fields = JSON.stringify({ timeStamp, sequenceNumber, type, message, source: { objectName: source } })
  return `${fields.slice(0, -1)},"userData":${userData}}`
}
