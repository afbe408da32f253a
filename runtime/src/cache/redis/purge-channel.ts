/** Hears what other instances purge. What was purged while it could not hear is unknown: all is forgotten when it hears again. */
import type { RedisConnection } from '../../redis/index.ts'
import type { Purge } from '../flights.ts'
import { inBackground } from '../load-in-time.ts'

/** What is used of ioredis. */
interface Subscriber extends RedisConnection {
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'ready', listener: () => void): unknown
  on(event: 'message', listener: (channel: string, message: string) => void): unknown
  subscribe(channel: string): Promise<unknown>
}

export interface PurgeChannelOptions {
  readonly channel: string
  /** Who purges here. */
  readonly id: string
  /** Another instance has purged something. */
  readonly onPurge: (purge: Purge) => void
  /** Others may have purged anything: it could not be heard. */
  readonly onGap: () => void
}

export class PurgeChannel {
  readonly #client: Subscriber
  readonly #id: string

  constructor(connect: () => RedisConnection, { channel, id, onPurge, onGap }: PurgeChannelOptions) {
    this.#id = id
    this.#client = connect() as Subscriber
    this.#client.on('ready', () =>
      inBackground(async () => {
        await this.#client.subscribe(channel)
        onGap()
      }),
    )
    this.#client.on('message', (_channel, message) => {
      const said = readMessage(message)
      if (!said) onGap()
      else if (said.by !== id) onPurge(said.purge)
    })
  }

  messageOf(purge: Purge): string {
    return JSON.stringify({ by: this.#id, ...purge })
  }

  close(): void {
    this.#client.disconnect()
  }
}

/** Undefined: it is from somebody else. */
function readMessage(message: string): { readonly by: unknown; readonly purge: Purge } | undefined {
  try {
    const { by, keys, tags, all } = JSON.parse(message) as Record<string, unknown>
    const isPurge = [keys, tags].every(
      (names) => names === undefined || (Array.isArray(names) && names.every((name) => typeof name === 'string')),
    )
    return isPurge
      ? { by, purge: { ...(keys ? { keys } : {}), ...(tags ? { tags } : {}), ...(all === true ? { all } : {}) } as Purge }
      : undefined
  } catch {
    return undefined
  }
}
