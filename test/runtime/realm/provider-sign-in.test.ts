/** The steps of a sign-on at a provider over real sessions; what a provider answers, openid-provider.test.ts has. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { checkedSettings } from '@spyglass/process/config'
import pino from 'pino'
import { expect, test } from 'vitest'
import { Realm } from '../../../runtime/src/realm/realm.ts'
import type { Provider } from '../../../runtime/src/realm/source/provider.ts'
import { accessTo, Browser, openVisitors, serve, startStore } from '../session/fixture.ts'
import { tempFolder } from '../../support/temp-folder.ts'

let lastState = 0
/** Each browser that comes back with a state is that of Ann. */
const provider: Provider = {
  begin: async () => {
    const state = `s${++lastState}`
    return { url: `https://login.example/?state=${state}`, pending: { state, nonce: 'n', verifier: 'v' } }
  },
  end: async () => ({ name: 'ann', roles: [] }),
  signOutUrl: async () => {
    throw new Error('away')
  },
  isRefusal: async () => false,
}

function realmOf(name: string, sessions: Awaited<ReturnType<typeof openVisitors>>['visitors'], time: { now: number }): Realm {
  const openid = {
    issuer: 'https://login.example',
    clientId: 'shop',
    redirectUri: 'https://shop.example/sign-in/callback',
    maxAgeMs: 60_000,
  }
  const base = { sessions: [{ name: 'visitors' }], realms: [{ name, type: 'openid', sessions: 'visitors', openid }] }
  const config = checkedSettings(base, { origin: 'test', from: '/' }).realms[0]!
  const source = { verify: async () => undefined, find: async () => undefined, provider }
  return new Realm({ config: () => config, source: () => source, sessions, logger: pino({ enabled: false }), now: () => time.now })
}

async function opened() {
  const store = await startStore(tempFolder())
  expect(accessTo(store.socket).socket).toBe(store.socket)
  const visitors = await openVisitors(store.socket)
  const time = { now: 1_000_000 }
  const [staff, guests] = [realmOf('staff', visitors.visitors, time), realmOf('guests', visitors.visitors, time)]
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<string> => {
    const url = request.url ?? ''
    const realm = url.startsWith('/guests') ? guests : staff
    if (url.startsWith('/begin')) return await realm.provider!.begin(request, response, url.slice('/begin?'.length))
    if (url === '/me') return (await realm.personOf(request, response))?.name ?? 'nobody'
    return await realm.provider!.answer(request, response, url)
  }
  const server = await serve((request, response) => {
    answer(request, response).then(
      (text) => response.end(text),
      ({ statusCode, code }: { statusCode: number; code: string }) => response.writeHead(statusCode).end(code),
    )
  })
  /** How long the session of the browser lives if it does not come back. */
  const livesFor = ({ cookie = '' }: Browser): number => {
    const found = store.spaces.get('visitors')?.read(cookie.slice(cookie.indexOf('=') + 1).split('.', 1)[0] ?? '')
    return found && 'stored' in found ? found.stored.until - Date.now() : 0
  }
  return {
    time,
    livesFor,
    staff,
    url: server.url,
    async [Symbol.asyncDispose]() {
      await server.close()
      await visitors.close()
      await store.end()
    },
  }
}

const stateIn = (answer: string): string => /state=(\w+)/.exec(answer)?.[1] ?? ''

test('it is for a GET of the callback path and a POST of the path to sign out, and for no other spelling', async () => {
  await using around = await opened()
  const atProvider = around.staff.provider!
  const asked = [
    ['GET', '/sign-in/callback?code=x'],
    ['POST', '/sign-out'],
    ['POST', '/sign-in/callback'],
    ['GET', '/sign-out'],
    ['GET', '/sign-in/callback/more'],
    ['GET', '/SIGN-IN/callback'],
  ] as const
  expect(asked.map(([method, url]) => atProvider.isFor(method, url))).toEqual([true, true, false, false, false, false])
})

test('the browser goes on where it wanted to; a sign-on holds as long as the setting says', async () => {
  await using around = await opened()
  const browser = new Browser()
  const state = stateIn(await browser.get(`${around.url}/begin?/orders?x=1`))
  expect(await browser.get(`${around.url}/sign-in/callback?state=${state}`)).toBe('200 /orders?x=1')
  expect(await browser.get(`${around.url}/me`)).toBe('200 ann')
  around.time.now += 59_999
  expect(await browser.get(`${around.url}/me`)).toBe('200 ann')
  around.time.now += 1
  expect(await browser.get(`${around.url}/me`)).toBe('200 nobody')
})

test('a session that only holds a begun sign-in is kept no longer than that; after it, as long as any other', async () => {
  await using around = await opened()
  const browser = new Browser()
  const state = stateIn(await browser.get(`${around.url}/begin?/`))
  expect(around.livesFor(browser)).toBeGreaterThan(0)
  expect(around.livesFor(browser)).toBeLessThanOrEqual(600_000)
  await browser.get(`${around.url}/sign-in/callback?state=${state}`)
  expect(around.livesFor(browser)).toBeGreaterThan(1_700_000)
})

test('what was begun for one realm is not finished for another', async () => {
  await using around = await opened()
  const browser = new Browser()
  const state = stateIn(await browser.get(`${around.url}/begin?/`))
  expect(await browser.get(`${around.url}/guests?state=${state}`)).toBe('400 SPY_SIGN_IN_UNFINISHED')
})

test('of several requests with one answer, one signs in', async () => {
  await using around = await opened()
  const browser = new Browser()
  const state = stateIn(await browser.get(`${around.url}/begin?/`))
  const { cookie = '' } = browser
  const callback = `${around.url}/sign-in/callback?state=${state}`
  const statuses = await Promise.all([0, 1, 2].map(async () => (await fetch(callback, { headers: { cookie } })).status))
  expect(statuses.filter((status) => status === 200)).toHaveLength(1)
})

test('who signs out is signed out here, even if the provider cannot be asked', async () => {
  await using around = await opened()
  const browser = new Browser()
  const state = stateIn(await browser.get(`${around.url}/begin?/`))
  await browser.get(`${around.url}/sign-in/callback?state=${state}`)
  const { cookie = '' } = browser
  const left = await fetch(`${around.url}/sign-out`, { method: 'POST', headers: { cookie } })
  expect([left.status, await left.text()]).toEqual([200, '/'])
  expect(await browser.get(`${around.url}/me`)).toBe('200 nobody')
})
