/** A Redis or Valkey by the package ioredis as an application has it; its types are no dependency. */
import { applicationPackage, type Missing } from './application-package.ts'

export interface RedisConnection {
  defineCommand(name: string, command: { readonly numberOfKeys?: number; readonly lua: string }): void
  on(event: 'error', listener: (error: Error) => void): unknown
  disconnect(): void
}

export interface RedisAddress {
  /** `redis://host:6379/0`, or `rediss://…` for TLS. */
  readonly url: string
  readonly password?: string | undefined
}

/** Asks the Redis. ioredis adds the command to an error, with the value that was to be stored: it would stand in the log. */
export async function withoutCommand<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (typeof error === 'object' && error !== null) Reflect.deleteProperty(error, 'command')
    throw error
  }
}

interface RedisPackage {
  readonly Redis: new (url: string, options: object) => RedisConnection
}

const SUPPORTED = /^[56]\./
const MAX_RECONNECT_MS = 500

/** Connects, now and whenever the connection breaks, with the package as the first of the folders has it. @throws what `missing` makes */
export function connectRedis({ url, password }: RedisAddress, folders: readonly string[], missing: Missing): RedisConnection {
  const { Redis } = applicationPackage('ioredis', SUPPORTED, folders, missing) as RedisPackage
  const client = new Redis(url, {
    ...(password === undefined ? {} : { password }),
    maxRetriesPerRequest: null,
    retryStrategy: (attempt: number) => Math.min(attempt * 50, MAX_RECONNECT_MS),
  })
  client.on('error', () => {}) // what is asked fails in time, and says why
  return client
}
