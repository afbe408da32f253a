/** The package ioredis, as an application has it; its types are no dependency. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { messageOf } from '@spyglass/agent/contract'
import { fail } from '../errors.ts'

export type RedisAnswer = string | number | null | readonly RedisAnswer[]

export interface RedisClient {
  hmget(key: string, ...fields: readonly string[]): Promise<readonly (string | null)[]>
  defineCommand(name: string, command: { readonly numberOfKeys: number; readonly lua: string }): void
  on(event: 'error', listener: (error: Error) => void): unknown
  disconnect(): void
}

export type ScriptCall = (...keysAndArguments: readonly (string | number)[]) => Promise<RedisAnswer>

interface RedisModule {
  readonly Redis: new (url: string, options: object) => RedisClient
}

const SUPPORTED = /^[56]\./

/** The package as the first of the folders has it. @throws SPY_SESSION_PACKAGE */
export function redisModule(sessions: string, folders: readonly string[]): RedisModule {
  let reason = 'it is not installed'
  for (const folder of folders) {
    try {
      const require = createRequire(join(folder, 'package.json'))
      const { version } = require('ioredis/package.json') as { readonly version: string }
      if (SUPPORTED.test(version)) return require('ioredis') as RedisModule
      reason = `it has version ${version}`
    } catch (error) {
      reason = messageOf(error).split('\n', 1)[0] ?? ''
    }
  }
  throw fail('SPY_SESSION_PACKAGE', [sessions, folders.join(', ') || 'any application', reason])
}
