import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createGuessDelay } from '@spyglass/process/access'
import { admit, authenticate } from '../../../../collector/src/store/http/credentials.ts'

const expected = { reader: { user: 'ro', password: 'pass:word' }, token: 't'.repeat(43) }
const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })
const none = new URLSearchParams()

test('the reader comes in by three ways, our own processes by their token', () => {
  expect(authenticate(basic('ro:pass:word'), none, expected)).toBe('reader')
  expect(authenticate({ 'x-clickhouse-user': 'ro', 'x-clickhouse-key': 'pass:word' }, none, expected)).toBe('reader')
  expect(authenticate({}, new URLSearchParams({ user: 'ro', password: 'pass:word' }), expected)).toBe('reader')
  expect(authenticate({ 'x-spyglass-token': expected.token }, none, expected)).toBe('own')
})

test('nothing given is code 194, anything wrong 516; a wrong token is not saved by right credentials', () => {
  expect(() => authenticate({}, none, expected)).toThrow(expect.objectContaining({ number: 194 }))
  expect(() => authenticate({ authorization: 'Bearer x' }, none, expected)).toThrow(expect.objectContaining({ number: 194 }))
  expect(() => authenticate({ ...basic('ro:pass:word'), 'x-spyglass-token': 'x' }, none, expected)).toThrow(
    expect.objectContaining({ number: 516 }),
  )
})

test('no other text is let in', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      if (text === 'ro:pass:word') return
      expect(() => authenticate(basic(text), none, expected)).toThrow(expect.objectContaining({ number: text === '' ? 194 : 516 }))
      expect(() => authenticate({ 'x-spyglass-token': text }, none, expected)).toThrow(expect.objectContaining({ number: 516 }))
    }),
  )
})

test('wrong credentials are held back, then asked to retry; right ones never are', async () => {
  const waits: number[] = []
  const guesses = createGuessDelay({ wait: async (ms) => void waits.push(ms) })
  const { signal } = new AbortController()
  const ask = (headers: Record<string, string>) => admit({ headers, query: none, address: '192.0.2.1', gone: signal }, expected, guesses)
  for (let i = 0; i < 5; i++) await expect(ask(basic('ro:wrong'))).rejects.toMatchObject({ number: 516, status: 403 })
  expect(waits).toEqual([250, 500])
  expect(await ask(basic('ro:pass:word'))).toBe('reader')
  await expect(ask({})).rejects.toMatchObject({ number: 194 })
  expect(waits).toHaveLength(2)
  const busy = { afterWrong: async () => 3 }
  await expect(
    admit({ headers: { 'x-spyglass-token': 'x' }, query: none, address: '', gone: signal }, expected, busy),
  ).rejects.toMatchObject({
    number: 516,
    status: 429,
    retryAfterSeconds: 3,
  })
})
