import { checkedSettings } from '@spyglass/process/config'
import { expect, onTestFinished, test } from 'vitest'
import { OpenidProvider } from '../../../../../runtime/src/realm/source/openid/openid-provider.ts'
import { CLIENT, SiteBrowser, startProvider } from '../../../../support/oidc-provider.ts'

const redirectUri = 'http://127.0.0.1:1/sign-in/callback'

async function opened(given: Readonly<Record<string, unknown>> = {}) {
  const { issuer, stop } = await startProvider({ redirectUri, users: { ann: ['clerk', 'staff'] } })
  onTestFinished(stop)
  const openid = { issuer, clientId: CLIENT.id, clientSecret: CLIENT.secret, redirectUri, ...given }
  const base = { sessions: [{ name: 'visitors' }], realms: [{ name: 'staff', type: 'openid', sessions: 'visitors', openid }] }
  const { realms } = checkedSettings(base, { origin: 'test', from: '/' })
  return new OpenidProvider(realms[0]!.openid)
}

/** Somebody has signed in there: what was kept, and the query that comes back. */
async function answered(provider: OpenidProvider) {
  const { url, pending } = await provider.begin()
  const { search } = new URL(await new SiteBrowser().signInAt(url, 'ann'))
  return { pending, query: search.slice(1) }
}

/** The name, or whether it is the answer that is wrong. */
async function outcome(provider: OpenidProvider, ...[query, pending]: Parameters<OpenidProvider['end']>): Promise<string> {
  try {
    return (await provider.end(query, pending)).name
  } catch (error) {
    return (await provider.isRefusal(error)) ? 'refused' : `failed: ${String(error)}`
  }
}

test('the code is worth a person, once', async () => {
  const provider = await opened()
  const { query, pending } = await answered(provider)
  expect(await provider.end(query, pending)).toEqual({ name: 'ann', roles: ['clerk', 'staff'] })
  expect(await outcome(provider, query, pending)).toBe('refused')
})

test('each part of the answer has to be that of the question', async () => {
  const provider = await opened()
  const other = (await provider.begin()).pending
  const wrong = ['state', 'nonce', 'verifier'] as const
  for (const name of wrong) {
    const { query, pending } = await answered(provider)
    expect([name, await outcome(provider, query, { ...pending, [name]: other[name] })]).toEqual([name, 'refused'])
  }
  const { query, pending } = await answered(provider)
  expect(await outcome(provider, query.replace(/code=[^&]+/, 'code=forged'), pending)).toBe('refused')
  expect(await outcome(provider, query.replace(/iss=[^&]+/, 'iss=http%3A%2F%2Fevil.example'), pending)).toBe('refused')
  expect(await outcome(provider, '', pending)).toBe('refused')
})

test('roles of the provider stand for those of the configuration, and a name that is not there is nobody', async () => {
  const mapped = await opened({ roles: { clerk: 'seller' } })
  const one = await answered(mapped)
  expect((await mapped.end(one.query, one.pending)).roles).toEqual(['seller'])
  const nameless = await opened({ nameClaim: 'email' })
  const two = await answered(nameless)
  expect(await outcome(nameless, two.query, two.pending)).toContain('no claim email')
})

test('a provider that cannot be reached has refused nobody', async () => {
  const provider = await opened({ issuer: 'http://127.0.0.1:1', timeoutMs: 500 })
  const error: unknown = await provider.begin().catch((reason: unknown) => reason)
  expect([error instanceof Error, await provider.isRefusal(error)]).toEqual([true, false])
})

test('a secret that the provider does not know lets nobody in, which is no fault of theirs', async () => {
  const provider = await opened({ clientSecret: 'other' })
  const { query, pending } = await answered(provider)
  expect(await outcome(provider, query, pending)).toMatch(/^failed: /)
})
