import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import type { Decision } from '../../../runtime/src/rate-limit/decision.ts'
import { openLimit } from './fixture.ts'

function requestWith(headers: Record<string, string>): IncomingMessage {
  const request = new IncomingMessage(new Socket())
  Object.assign(request.headers, headers)
  return request
}

test('in memory it is decided at once, and counted', () => {
  const { limit, clock } = openLimit()
  const take = (): boolean => (limit.take('a') as Decision).isAllowed
  expect([take(), take(), take()]).toEqual([true, true, false])
  clock.advance(1100)
  expect(take()).toBe(true)
  expect([limit.allowed, limit.refused, limit.keys]).toEqual([3, 1, 1])
  expect(limit.top(1)).toEqual([{ key: 'a', taken: 1, refused: 1 }])
})

test('the key is what it is by: an address, a header, or one for all', () => {
  const request = requestWith({ 'x-api-key': 'k'.repeat(2_000_000), 'x-forwarded-for': '192.0.2.9' })
  expect(openLimit({ by: 'key', header: 'x-api-key' }).limit.keyOf(request)).toHaveLength(44)
  expect(openLimit({ by: 'key', header: 'x-other' }).limit.keyOf(request)).toBeUndefined()
  expect(openLimit({ by: 'route' }).limit.keyOf(request)).toBe('all')
  expect(openLimit().limit.keyOf(request)).toBe('') // no trusted proxy named an address
})

test('settings count as soon as they are changed', () => {
  const { limit } = openLimit({ deny: ['192.0.2.0/24'] })
  expect([limit.isDenied('192.0.2.7'), limit.isDenied('198.51.100.1'), limit.isExempt('198.51.100.1')]).toEqual([true, false, false])
  limit.configure({ ...limit.config, deny: [], exempt: ['198.51.100.1'], max: 1 })
  expect([limit.isDenied('192.0.2.7'), limit.isExempt('198.51.100.1'), limit.denied]).toEqual([false, true, 1])
  expect([limit.take('a'), limit.take('a')]).toMatchObject([{ isAllowed: true }, { isAllowed: false }])
})

test('a request over the limit passes by its challenge; one that throws does not help it', async () => {
  const { limit, failed } = openLimit({ max: 1 })
  const request = requestWith({})
  expect(limit.decide('a', request)).toMatchObject({ isAllowed: true })
  limit.challenge = async () => await Promise.resolve(true)
  expect(await limit.decide('a', request)).toMatchObject({ isAllowed: true })
  limit.challenge = () => {
    throw new TypeError('no captcha')
  }
  expect(await limit.decide('a', request)).toMatchObject({ isAllowed: false, reason: 'rate_limited' })
  expect(failed).toHaveLength(1)
})

test('a key that is forgotten may ask again', async () => {
  const { limit } = openLimit({ max: 1 })
  void limit.take('a')
  expect([await limit.forget('a'), await limit.forget('b'), limit.take('a')]).toMatchObject([true, false, { isAllowed: true }])
})
