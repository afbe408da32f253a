/** Sign-on at a real provider of OpenID Connect, before an application that knows nothing of it. */
import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { checkedSettings } from '@spyglass/process/config'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../../support/free-port.ts'
import { CLIENT, SiteBrowser, startProvider, type StartedProvider } from '../../../support/oidc-provider.ts'
import { tempFolder } from '../../../support/temp-folder.ts'
import { accessTo, startStore } from '../../session/fixture.ts'
import { openPlace } from '../fixture.ts'

const MANIFEST = `
access:
  realm: staff
  rules:
    - { path: /admin/*, roles: [administrator] }
    - { path: /me }
`
const PROGRAM = `export default () => (request, response) => response.end(request.method + ' ' + request.url)`
/** What the provider knows as the address of the application, whose port is chosen later. */
const KNOWN_ORIGIN = 'http://127.0.0.1:1'
const redirectUri = `${KNOWN_ORIGIN}/shop/sign-in/callback`
const users = { ann: ['clerk'], root: ['administrator'] }

async function openShop(issuer: string, given: Readonly<Record<string, unknown>> = {}) {
  const openid = { issuer, clientId: CLIENT.id, clientSecret: CLIENT.secret, redirectUri, timeoutMs: 3000, ...given }
  const base = { sessions: [{ name: 'visitors' }], realms: [{ name: 'staff', type: 'openid', sessions: 'visitors', openid }] }
  const { sessions, realms } = checkedSettings(base, { origin: 'test', from: '/' })
  const store = await startStore(tempFolder())
  const place = openPlace()
  onTestFinished(async () => {
    await place[Symbol.asyncDispose]()
    await store.end()
  })
  const files = { 'package.json': '{"main":"main.mjs"}', 'main.mjs': PROGRAM, 'spyglass.app.yaml': MANIFEST }
  const application = { name: 'shop', contextPath: '/shop', files, realms: ['staff'], sessions: ['visitors'] }
  const { url, host } = await place.deploy([application], { sessions: accessTo(store.socket), resources: { sessions, realms } })
  return { url, host, place, shop: `${url}/shop`, here: (address: string) => address.replace(KNOWN_ORIGIN, url) }
}

async function provided(port?: number): Promise<StartedProvider> {
  const provider = await startProvider({ redirectUri, users, ...(port === undefined ? {} : { port }) })
  onTestFinished(() => provider.stop())
  return provider
}

const locationOf = (response: Response): string => response.headers.get('location') ?? `${response.status}`

/** Opens a page and signs in: the address that the provider sends the browser back to. */
async function cameBack({ here }: Awaited<ReturnType<typeof openShop>>, browser: SiteBrowser, page: string, user = 'ann'): Promise<string> {
  return here(await browser.signInAt(locationOf(await browser.go(page)), user))
}

test('who opens a guarded page signs in at the provider, comes back to it with another session, and signs out there as well', async () => {
  const { issuer } = await provided()
  const around = await openShop(issuer)
  const { shop, place, host } = around
  const browser = new SiteBrowser()
  const sent = await browser.go(`${shop}/me?x=1`)
  const { searchParams, origin } = new URL(locationOf(sent))
  expect([sent.status, origin, searchParams.get('code_challenge_method')]).toEqual([303, issuer, 'S256'])
  for (const name of ['state', 'nonce', 'code_challenge']) expect(searchParams.get(name)?.length).toBeGreaterThan(20)
  const before = browser.cookiesOf(shop)
  const back = around.here(await browser.signInAt(locationOf(sent), 'ann'))
  const entered = await browser.go(back)
  expect([entered.status, locationOf(entered)]).toEqual([303, '/shop/me?x=1'])
  expect(browser.cookiesOf(shop)).not.toBe(before)
  expect(await (await browser.go(`${shop}/me?x=1`)).text()).toBe('GET /me?x=1')
  expect((await browser.go(`${shop}/admin`)).status).toBe(403)
  expect((await fetch(`${shop}/me`, { headers: { cookie: before } })).status).toBe(401) // the id of before is worth nothing
  const left = await browser.go(`${shop}/sign-out`, new URLSearchParams())
  expect([left.status, new URL(locationOf(left)).origin]).toEqual([303, issuer])
  expect((await browser.go(`${shop}/me`)).status).toBe(303)
  expect(await (await browser.go(`${shop}/sign-out`)).text()).toBe('GET /sign-out') // only a POST signs out
  await host.stop(1000)
  const told = place.accessLines('shop').map((line) => line['user.name'])
  expect(told.slice(0, 4)).toEqual([undefined, 'ann', 'ann', 'ann'])
  expect(place.log.filter(({ msg }) => msg.startsWith('signed'))).toMatchObject([{ msg: 'signed in', user: 'ann' }, { msg: 'signed out' }])
})

test('roles are those that the provider claims', async () => {
  const around = await openShop((await provided()).issuer)
  const browser = new SiteBrowser()
  await browser.go(await cameBack(around, browser, `${around.shop}/admin`, 'root'))
  expect(await (await browser.go(`${around.shop}/admin`)).text()).toBe('GET /admin')
})

test('an answer counts once, for the browser that has asked, and as the provider gave it', async () => {
  const around = await openShop((await provided()).issuer)
  const outcome = async (browser: SiteBrowser, address: string): Promise<string> => {
    const response = await browser.go(address)
    return response.status === 303 ? locationOf(response) : `${response.status} ${((await response.json()) as { code: string }).code}`
  }
  const [browser, thief] = [new SiteBrowser(), new SiteBrowser()]
  const back = await cameBack(around, browser, `${around.shop}/me`)
  await thief.go(`${around.shop}/me`)
  const unfinished = '400 SPY_SIGN_IN_UNFINISHED'
  expect(await outcome(thief, back)).toBe(unfinished) // the code of another browser
  expect(await outcome(browser, back.replace(/state=[^&]+/, 'state=forged'))).toBe(unfinished)
  expect(await outcome(browser, `${around.shop}/sign-in/callback`)).toBe(unfinished)
  expect(await outcome(browser, back)).toBe('/shop/me')
  expect(await outcome(browser, back)).toBe(unfinished) // replayed
  const refusing = new SiteBrowser()
  const state = new URL(locationOf(await refusing.go(`${around.shop}/me`))).searchParams.get('state')
  expect(await outcome(refusing, `${around.shop}/sign-in/callback?error=access_denied&state=${state}`)).toBe(unfinished)
  expect((await refusing.go(`${around.shop}/me`)).status).toBe(303)
})

test('after the sign-in nobody is led to another host', async () => {
  const around = await openShop((await provided()).issuer)
  const browser = new SiteBrowser()
  const { hostname, port } = new URL(around.url)
  const socket = net.connect(Number(port), hostname)
  socket.write(`GET /shop//evil.example/%2e%2e HTTP/1.1\r\nhost: x\r\naccept: text/html\r\nconnection: close\r\n\r\n`)
  const [head] = (await once(socket, 'data')) as [Buffer]
  const [, location = ''] = /location: (\S+)/i.exec(String(head)) ?? []
  const [, cookie = ''] = /set-cookie: ([^;]+)/i.exec(String(head)) ?? []
  const back = around.here(await browser.signInAt(location, 'ann'))
  const entered = await fetch(back, { redirect: 'manual', headers: { cookie } })
  expect(new URL(locationOf(entered), around.url).origin).toBe(around.url)
})

test('what is no page is refused and not led elsewhere', async () => {
  const { shop } = await openShop((await provided()).issuer)
  const asJson = await fetch(`${shop}/me`, { headers: { accept: 'application/json' }, redirect: 'manual' })
  const asScript = await fetch(`${shop}/me`, { headers: { accept: 'text/html', 'sec-fetch-mode': 'cors' }, redirect: 'manual' })
  const posted = await fetch(`${shop}/me`, { method: 'POST', headers: { accept: 'text/html' }, redirect: 'manual' })
  expect([asJson.status, asScript.status, posted.status]).toEqual([401, 401, 401])
})

test('a provider that is down or silent stops nobody but those who sign in; when it is back they can', async () => {
  const port = await freePort()
  const around = await openShop(`http://127.0.0.1:${port}`, { timeoutMs: 500 })
  const browser = new SiteBrowser()
  const page = async (path: string): Promise<number> => (await browser.go(`${around.shop}${path}`)).status
  expect([await page('/'), await page('/me')]).toEqual([200, 503])
  const silent = net.createServer(() => {}).listen(port, '127.0.0.1')
  await once(silent, 'listening')
  expect([await page('/me'), await page('/')]).toEqual([503, 200])
  silent.close()
  const provider = await provided((silent.address() as AddressInfo | null)?.port ?? port)
  const back = await cameBack(around, browser, `${around.shop}/me`)
  await provider.stop()
  expect((await browser.go(back)).status).toBe(503)
  expect(await page('/')).toBe(200)
})
