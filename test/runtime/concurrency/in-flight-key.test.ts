import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { inFlightKey } from '../../../runtime/src/concurrency/in-flight-key.ts'
import { frameworks, serveWith } from '../middleware/frameworks.ts'

test('while a task runs for a key, a second one for it is refused, and one for another key runs', async () => {
  const one = inFlightKey()
  const { promise, resolve } = Promise.withResolvers<string>()
  const first = one.run('alice', () => promise)
  await expect(one.run('alice', () => 'second')).rejects.toMatchObject({ code: 'SPY_KEY_IN_FLIGHT', statusCode: 409 })
  expect([await one.run('bob', () => 'other'), one.size]).toEqual(['other', 1])
  resolve('first')
  expect([await first, one.size, await one.run('alice', () => 'third')]).toEqual(['first', 0, 'third'])
})

test('a task that fails leaves the key free', async () => {
  const one = inFlightKey()
  await expect(one.run('alice', () => Promise.reject(new TypeError('no')))).rejects.toThrow('no')
  expect(one.size).toBe(0)
})

test.each(Object.keys(frameworks))('with %s a key is taken until the request has been answered', async (framework) => {
  const one = inFlightKey<{ readonly headers: IncomingMessage['headers'] }>({
    keyOf: (request) => request.headers['x-user'] as string | undefined,
  })
  const { promise, resolve } = Promise.withResolvers<string>()
  await using served = await serveWith(framework, one, () => promise)
  const ask = (user: string): Promise<Response> => fetch(served.url, { headers: { 'x-user': user } })
  const first = ask('alice')
  await expect.poll(() => one.size).toBe(1)
  expect((await ask('alice')).status).toBe(409)
  const other = ask('bob')
  await expect.poll(() => one.size).toBe(2)
  resolve('done')
  expect([(await first).status, (await other).status]).toEqual([200, 200])
  await expect.poll(() => one.size).toBe(0)
})

test.each(Object.keys(frameworks))('with %s a client that leaves does not free its key while its handler runs', async (framework) => {
  const one = inFlightKey({ keyOf: () => 'alice' })
  const { promise, resolve } = Promise.withResolvers<string>()
  await using served = await serveWith(framework, one, () => promise)
  const leaving = new AbortController()
  const left = fetch(served.url, { signal: leaving.signal }).catch(() => 'gone')
  await expect.poll(() => one.size).toBe(1)
  leaving.abort()
  expect(await left).toBe('gone')
  await expect.poll(served.clients).toBe(0)
  expect([one.size, (await fetch(served.url)).status]).toEqual([1, 409])
  resolve('done')
  await expect.poll(() => one.size).toBe(0)
})
