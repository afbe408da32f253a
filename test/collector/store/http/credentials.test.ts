import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createAuthenticator, createGuessDelay, newToken, nobody, withToken } from '@spyglass/process/access'
import { admit } from '../../../../collector/src/store/http/credentials.ts'

const token = 't'.repeat(43)
const own = [{ actor: 'ro', role: 'viewer', credentials: { user: 'ro', password: 'pass:word' } }] as const
const { signal } = new AbortController()
const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })
const none = new URLSearchParams()
const made = newToken()
const identities = withToken(nobody, { ...made, name: 'grafana', role: 'viewer', created: 0, createdBy: 'admin' })

function ask(headers: Record<string, string>, query = none, guesses = createGuessDelay({ wait: async () => {} })) {
  const authenticator = createAuthenticator({ own, identities: () => identities, guesses })
  return admit({ headers, query, address: '192.0.2.1', gone: signal }, { authenticator, token })
}

test('the reader comes in by three ways, a token as Bearer or as a password, our own processes by their token', async () => {
  const reader = { role: 'reader', user: 'ro' }
  expect(await ask(basic('ro:pass:word'))).toEqual(reader)
  expect(await ask({ 'x-clickhouse-user': 'ro', 'x-clickhouse-key': 'pass:word' })).toEqual(reader)
  expect(await ask({}, new URLSearchParams({ user: 'ro', password: 'pass:word' }))).toEqual(reader)
  expect(await ask({ 'x-spyglass-token': token })).toEqual({ role: 'own' })
  const byToken = { role: 'reader', user: 'token grafana' }
  expect(await ask({ authorization: `Bearer ${made.text}` })).toEqual(byToken)
  expect(await ask({ 'x-clickhouse-user': 'any', 'x-clickhouse-key': made.text })).toEqual(byToken)
})

test('nothing given is code 194, anything wrong 516; a wrong token is not saved by right credentials', async () => {
  await expect(ask({})).rejects.toMatchObject({ number: 194 })
  await expect(ask({ authorization: 'Bearer x' })).rejects.toMatchObject({ number: 194 })
  await expect(ask({ ...basic('ro:pass:word'), 'x-spyglass-token': 'x' })).rejects.toMatchObject({ number: 516 })
})

test('two ways at once are refused, as by ClickHouse, whether they are right or not', async () => {
  const parameters = new URLSearchParams({ user: 'ro', password: 'pass:word' })
  const both = { number: 516, wireText: expect.stringContaining('simultaneously') as string }
  await expect(ask(basic('ro:pass:word'), parameters)).rejects.toMatchObject(both)
  await expect(ask({ ...basic('ro:pass:word'), 'x-clickhouse-user': 'ro' })).rejects.toMatchObject(both)
  await expect(ask({ 'x-clickhouse-key': 'pass:word' }, parameters)).rejects.toMatchObject(both)
  expect(await ask({ authorization: 'Bearer of-another-kind' }, parameters)).toEqual({ role: 'reader', user: 'ro' })
})

test('no other text is let in', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string(), async (text) => {
      if (text === 'ro:pass:word') return
      await expect(ask(basic(text))).rejects.toMatchObject({ number: text === '' ? 194 : 516 })
      await expect(ask({ 'x-spyglass-token': text })).rejects.toMatchObject({ number: 516 })
    }),
  )
})

test('wrong credentials are held back, then asked to retry; right ones never are', async () => {
  const waits: number[] = []
  const guesses = createGuessDelay({ wait: async (ms) => void waits.push(ms) })
  for (let i = 0; i < 5; i++) await expect(ask(basic('ro:wrong'), none, guesses)).rejects.toMatchObject({ number: 516, status: 403 })
  expect(waits).toEqual([250, 500])
  expect(await ask(basic('ro:pass:word'), none, guesses)).toMatchObject({ role: 'reader' })
  await expect(ask({}, none, guesses)).rejects.toMatchObject({ number: 194 })
  expect(waits).toHaveLength(2)
  const busy = { afterWrong: async () => 3 }
  await expect(ask({ 'x-spyglass-token': 'x' }, none, busy)).rejects.toMatchObject({ number: 516, status: 429, retryAfterSeconds: 3 })
})
