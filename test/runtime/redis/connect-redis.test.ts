import { mkdirSync, writeFileSync } from 'node:fs'
import { EventEmitter } from 'node:events'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connectRedis, withoutCommand } from '../../../runtime/src/redis/index.ts'
import type { RedisPackage } from '../../../runtime/src/redis/redis-package.ts'
import { RedisServer } from '../../../runtime/src/redis/redis-server.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { ManualClock } from '../datasource/fixture.ts'

const missing = (from: string, why: string): Error => new Error(`not in ${from}: ${why}`)
const connect = (folders: readonly string[], password?: string) =>
  connectRedis({ url: 'redis://cache:6379/0', password }, folders, missing) as unknown as { readonly given: readonly unknown[] }

/** A folder of an application with a package of that name and version that keeps what it is given. */
function folderWith(version: string): string {
  const folder = tempFolder()
  const home = join(folder, 'node_modules/ioredis')
  mkdirSync(home, { recursive: true })
  writeFileSync(join(home, 'package.json'), JSON.stringify({ name: 'ioredis', version, main: 'index.cjs' }))
  writeFileSync(join(home, 'index.cjs'), 'exports.Redis = class { constructor(...given) { this.given = given } on() {} }')
  return folder
}

test('the first folder that has the package in a supported version gives it', () => {
  const client = connect([tempFolder(), folderWith('4.9.0'), folderWith('5.1.0')], 'secret')
  expect(client.given).toMatchObject(['redis://cache:6379/0', { password: 'secret', maxRetriesPerRequest: null }])
})

test('without a password none is given, and connections are tried again within half a second', () => {
  const [, options] = connect([folderWith('6.0.0')]).given as [string, { retryStrategy(attempt: number): number }]
  expect(options).not.toHaveProperty('password')
  expect([1, 5, 1000].map((attempt) => options.retryStrategy(attempt))).toEqual([50, 250, 500])
})

test('where no folder has it, the error says where it was looked for and why it is not used', () => {
  const old = folderWith('4.9.0')
  expect(() => connect([old])).toThrow(`not in ${old}: it has version 4.9.0`)
  expect(() => connect([])).toThrow('not in any application: it is not installed')
  expect(() => connect([tempFolder()])).toThrow(/Cannot find module 'ioredis/)
})

test('an error of the Redis has not what was to be stored', async () => {
  const error = Object.assign(new Error('OOM'), { command: { name: 'evalsha', args: ['secret'] } })
  await expect(withoutCommand(() => Promise.reject(error))).rejects.toBe(error)
  expect([Object.keys(error), await withoutCommand(() => Promise.resolve(7))]).toEqual([[], 7])
})

test('connections of their own follow a new address, so that the new password goes to no other server', async () => {
  class Client extends EventEmitter {
    readonly status = 'ready'
    readonly commandQueue: unknown[] = []
    readonly offlineQueue: unknown[] = []
    readonly options: Record<string, unknown>
    constructor(options: object) {
      super()
      this.options = { ...options }
    }
    disconnect(reconnect: boolean): void {
      this.emit(reconnect ? 'reconnecting' : 'end')
    }
  }
  const config = { name: 'main', url: 'redis://one/1', password: 'old', timeoutMs: 50, maxWaiting: 9 }
  const server = new RedisServer(config, {
    clock: new ManualClock(),
    package: { Redis: Client } as unknown as RedisPackage,
    passwordOf: ({ password }) => password,
  })
  const [listens, waits] = [server.client.duplicate({ db: 3 }), server.client.duplicate()]
  ;(waits.commandQueue as unknown as unknown[]).push('blpop')
  server.configure({ ...config, url: 'rediss://two:7000', password: 'new' })
  await new Promise((resolve) => setImmediate(resolve))
  expect(listens.options).toMatchObject({ host: 'two', port: 7000, tls: {}, password: 'new', db: 3 })
  expect(waits.options).toMatchObject({ host: 'one', port: 6379, password: 'old' })
  ;(waits as unknown as Client).emit('reconnecting')
  expect(waits.options).toMatchObject({ host: 'two', password: 'new' })
})
