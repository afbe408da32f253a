/**
 * Temporarily refuses a client whose statement forced an engine restart: otherwise replacing the engine would be a way to keep
 * others from reading. It lives in the store's process, which the replacement does not touch.
 */
import { refuse } from './clickhouse-error.ts'

export interface Client {
  readonly user: string
  /** Network address; for IPv6 the /64 network, which one site is assigned. */
  readonly address: string
  /** A part of this server: it is never kept away for long, since everything stops with it. */
  readonly isOwn?: boolean
}

export interface ClientBackOff {
  /** @throws ClickhouseError 202 with the seconds to wait, while the client or its user is kept away. */
  check(client: Client): void
  /** The client's statement could only be stopped together with the engine. */
  blame(client: Client): void
  /** How many clients are refused. */
  readonly size: number
}

export interface ClientBackOffOptions {
  readonly now?: () => number
  /** First time; doubled for each further one within an hour. Default 30 s. */
  readonly firstMs?: number
}

const MAX_BACK_OFF_MS = 15 * 60_000
const FORGOTTEN_AFTER_MS = 60 * 60_000
/** From this many addresses on, the user is refused from all addresses: a single address must not be able to cause that. */
const USER_ADDRESSES = 3
const MAX_ENTRIES = 10_000

interface Entry {
  blames: number
  lastMs: number
  untilMs: number
}

export function createClientBackOff({ now = () => performance.now(), firstMs = 30_000 }: ClientBackOffOptions = {}): ClientBackOff {
  const entries = new Map<string, Entry>()

  function entryOf(key: string): Entry | undefined {
    const entry = entries.get(key)
    if (entry && now() - entry.lastMs > FORGOTTEN_AFTER_MS && now() > entry.untilMs) entries.delete(key)
    return entries.get(key)
  }

  function add(key: string, freeBlames: number, maxMs = MAX_BACK_OFF_MS): void {
    const entry = entryOf(key) ?? { blames: 0, lastMs: 0, untilMs: 0 }
    entry.blames++
    entry.lastMs = now()
    const doublings = entry.blames - 1 - freeBlames
    if (doublings >= 0) entry.untilMs = now() + Math.min(firstMs * 2 ** doublings, maxMs)
    entries.delete(key) // so that the oldest come first
    entries.set(key, entry)
    if (entries.size > MAX_ENTRIES) entries.delete(entries.keys().next().value!)
  }

  const waitMs = (key: string): number => (entryOf(key)?.untilMs ?? 0) - now()

  return {
    get size() {
      return [...entries.values()].filter(({ untilMs }) => untilMs > now()).length
    },
    check(client) {
      const seconds = Math.ceil(Math.max(waitMs(keyOf(client)), waitMs(client.user)) / 1000)
      if (seconds <= 0) return
      const why = 'one of its statements could only be stopped by restarting the database engine'
      throw refuse('TOO_MANY_SIMULTANEOUS_QUERIES', `Queries of this client are refused for ${seconds} s: ${why}`, undefined, seconds)
    },
    blame(client) {
      const isNew = entryOf(keyOf(client)) === undefined
      add(keyOf(client), 0, client.isOwn ? firstMs : undefined)
      if (isNew && !client.isOwn) add(client.user, USER_ADDRESSES - 1)
    },
  }
}

/** One text for a client; a user's name has no line break in it. */
export const keyOf = ({ user, address }: Client): string => `${user}\n${address}`
