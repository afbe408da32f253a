/** The package ioredis as an application has it; its types are no dependency. */
import { applicationPackage, type Missing } from './application-package.ts'

/** What is used of a client. */
export interface RedisBase {
  readonly status: string
  readonly options: Record<string, unknown>
  /** Commands that were sent and have no answer, and those that wait for a connection. */
  readonly commandQueue: { readonly length: number }
  readonly offlineQueue: { readonly length: number }
  sendCommand(command: Command, stream?: object): Promise<unknown>
  duplicate(override?: object): RedisBase
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'end' | 'reconnecting' | 'ready', listener: () => void): unknown
  disconnect(reconnect?: boolean): void
}

export interface Command {
  readonly name: string
  readonly promise: Promise<unknown>
  reject: (error: Error) => void
}

export interface RedisPackage {
  readonly Redis: new (...args: [options: object] | [url: string, options: object]) => RedisBase
}

const SUPPORTED = /^[56]\./

/** The package as the first of the folders has it. @throws what `missing` makes */
export const redisPackage = (folders: readonly string[], missing: Missing): RedisPackage =>
  applicationPackage('ioredis', SUPPORTED, folders, missing) as RedisPackage
