/** A Redis or Valkey by the package ioredis as an application has it; its types are no dependency. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { messageOf } from '@spyglass/agent/contract'

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

interface RedisPackage {
  readonly Redis: new (url: string, options: object) => RedisConnection
}

/** Makes the error of a package that no folder has in a version that is supported. */
type Missing = (folders: string, reason: string) => Error

const SUPPORTED = /^[56]\./
const MAX_RECONNECT_MS = 500

/** Connects, now and whenever the connection breaks, with the package as the first of the folders has it. @throws what `missing` makes */
export function connectRedis({ url, password }: RedisAddress, folders: readonly string[], missing: Missing): RedisConnection {
  const { Redis } = redisPackage(folders, missing)
  const client = new Redis(url, {
    ...(password === undefined ? {} : { password }),
    maxRetriesPerRequest: null,
    retryStrategy: (attempt: number) => Math.min(attempt * 50, MAX_RECONNECT_MS),
  })
  client.on('error', () => {}) // what is asked fails in time, and says why
  return client
}

function redisPackage(folders: readonly string[], missing: Missing): RedisPackage {
  let reason = 'it is not installed'
  for (const folder of folders) {
    try {
      const require = createRequire(join(folder, 'package.json'))
      const { version } = require('ioredis/package.json') as { readonly version: string }
      if (SUPPORTED.test(version)) return require('ioredis') as RedisPackage
      reason = `it has version ${version}`
    } catch (error) {
      reason = messageOf(error).split('\n', 1)[0] ?? ''
    }
  }
  throw missing(folders.join(', ') || 'any application', reason)
}
