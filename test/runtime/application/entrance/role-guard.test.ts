/** Access rules of a manifest, in front of a real application whose visitors sign in to a real realm with sessions in the real store. */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import http from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { hashPassword } from '@spyglass/process/access'
import { expect, test } from 'vitest'
import { tempFolder } from '../../../support/temp-folder.ts'
import { ApplicationTraffic } from '../../../../runtime/src/application/application-host.ts'
import { Unclaimed } from '../../../../runtime/src/front/unclaimed.ts'
import { accessTo, Browser, startStore } from '../../session/fixture.ts'
import { openPlace } from '../fixture.ts'

const MANIFEST = `
access:
  realm: staff
  rules:
    - { path: /admin/help, roles: ['*'] }
    - { path: /admin/*, roles: [administrator] }
    - { path: /orders/*/edit, methods: [POST], roles: [clerk] }
    - { path: /me }
`
const PROGRAM = `
const realm = () => globalThis[Symbol.for('spyglass.resources')].get('realms', 'staff')
export default () => async (request, response) => {
  const [, user] = /^\\/sign-in\\?(\\w+)/.exec(request.url) ?? []
  if (user) await realm().signIn(request, response, { user, password: 'right' })
  if (request.url === '/sign-out') await realm().signOut(request, response)
  response.end(request.method + ' ' + request.url)
}`
const password = await hashPassword('right', 1024)

async function opened({ manifest = MANIFEST, contextPath = '/shop', realms = ['staff'], program = PROGRAM } = {}) {
  const folder = tempFolder()
  const users = { ann: ['clerk'], root: ['administrator'] }
  writeFileSync(
    join(folder, 'staff.json'),
    JSON.stringify({ users: Object.entries(users).map(([name, roles]) => ({ name, password, roles })) }),
  )
  const store = await startStore(folder)
  const place = openPlace()
  const files = { 'package.json': '{"main":"main.mjs"}', 'main.mjs': program, 'spyglass.app.yaml': manifest }
  const { url, host } = await place.deploy([{ name: 'shop', contextPath, files, realms, sessions: ['visitors'] }], {
    sessions: accessTo(store.socket),
    resources: {
      sessions: [{ name: 'visitors', timeoutMs: 300 }],
      realms: [{ name: 'staff', sessions: 'visitors', file: join(folder, 'staff.json') }],
    },
  })
  const signedIn = async (user: string): Promise<Browser> => {
    const browser = new Browser()
    expect(await browser.get(`${url}${contextPath}/sign-in?${user}`)).toMatch(/^200 /)
    return browser
  }
  return {
    url: `${url}${contextPath}`,
    host,
    place,
    store,
    signedIn,
    async [Symbol.asyncDispose]() {
      await place[Symbol.asyncDispose]()
      await store.end()
    },
  }
}

/** Sends the path unchanged: `fetch` would put it in order. */
async function statusOf(url: string, path: string, headers: http.OutgoingHttpHeaders = {}): Promise<number | undefined> {
  const { hostname, port } = new URL(url)
  const request = http.request({ hostname, port, path, headers: { host: 'x', ...headers }, agent: false }).end()
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  response.resume()
  return response.statusCode
}

test('a path is for its roles: 401 without a person, 403 without the role, and what no rule is for is open', async () => {
  await using around = await opened()
  const refused = await fetch(`${around.url}/admin/users`)
  expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Cookie'])
  expect(await refused.json()).toMatchObject({ code: 'SPY_SIGN_IN_NEEDED', status: 401 })
  const [ann, root] = [await around.signedIn('ann'), await around.signedIn('root')]
  expect(await ann.get(`${around.url}/admin/users`)).toContain('SPY_ROLE_MISSING')
  expect(await root.get(`${around.url}/admin/users?x=1`)).toBe('200 GET /admin/users?x=1')
  expect(await ann.get(`${around.url}/me`)).toBe('200 GET /me')
  expect([await statusOf(around.url, '/shop/'), await statusOf(around.url, '/shop/admin/help')]).toEqual([200, 200])
  await ann.get(`${around.url}/sign-out`)
  expect(await ann.get(`${around.url}/me`)).toMatch(/^401 /)
})

test('a method of its own has roles of its own', async () => {
  await using around = await opened()
  const [ann, root] = [await around.signedIn('ann'), await around.signedIn('root')]
  const post = async ({ cookie = '' }: Browser): Promise<number> =>
    (await fetch(`${around.url}/orders/7/edit`, { method: 'POST', headers: { cookie } })).status
  expect([await post(ann), await post(root), await statusOf(around.url, '/shop/orders/7/edit')]).toEqual([200, 403, 200])
})

test.each([
  '/shop/ADMIN/users',
  '/shop/%61dmin/users',
  '/shop//admin/users',
  '/shop/admin%2fusers',
  '/shop/admin;x/users',
  '/shop/./admin/users',
  '/shop/x/../admin/users',
  '/shop/admin/help/../users',
  '/shop/admin/help%2f..%2fusers',
  '/shop/%2e/admin',
  '/shop/%zz',
  String.raw`/shop/\admin`,
  'http://x/shop/admin/users',
])('another spelling of a guarded path leads nobody past its rule: %s', async (path) => {
  await using around = await opened()
  expect(await statusOf(around.url, path)).toBe(401)
  const { cookie = '' } = await around.signedIn('ann')
  expect(await statusOf(around.url, path, { cookie })).toBe(403)
})

test('a cookie that is forged, too long, or of a session that has ended is nobody’s', async () => {
  await using around = await opened()
  const root = await around.signedIn('root')
  const cookie = root.cookie ?? ''
  const last = cookie.endsWith('A') ? 'B' : 'A'
  expect(await statusOf(around.url, '/shop/admin', { cookie: cookie.slice(0, -2) + last + last })).toBe(401)
  expect(await statusOf(around.url, '/shop/admin', { cookie: `${cookie}${'x'.repeat(5000)}` })).toBe(401)
  expect(await statusOf(around.url, '/shop/admin', { cookie })).toBe(200)
  await root.get(`${around.url}/sign-out`)
  expect(await statusOf(around.url, '/shop/admin', { cookie })).toBe(401)
})

test('a connection that is to change its protocol is guarded as well', async () => {
  await using around = await opened()
  const { cookie = '' } = await around.signedIn('ann')
  const upgrade = async (headers: string): Promise<string> => {
    const socket = connect(Number(new URL(around.url).port), '127.0.0.1')
    socket.write(`GET /shop/admin/live HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n${headers}\r\n`)
    const [answer] = (await once(socket, 'data')) as [Buffer]
    socket.destroy()
    return String(answer).split('\r\n', 1)[0] ?? ''
  }
  expect(await upgrade('')).toBe('HTTP/1.1 401 Unauthorized')
  expect(await upgrade(`cookie: ${cookie}\r\n`)).toBe('HTTP/1.1 403 Forbidden')
})

test('CONNECT has no path for a rule, and is refused where there are rules', async () => {
  await using around = await opened()
  expect(around.host.applications.map(({ acceptsConnect }) => acceptsConnect)).toEqual([false])
  expect(around.host.traffic.acceptsConnect?.()).toBe(false)
  expect(new ApplicationTraffic(new Unclaimed(undefined)).acceptsConnect()).toBe(true)
})

test.each(['net', 'http2'])('a server of node:%s, whose connections pass by the rules, fails the start', async (module) => {
  const program = `import { createServer } from 'node:${module}'\nexport default () => createServer()`
  await expect(opened({ program })).rejects.toMatchObject({ message: expect.stringContaining('node:http or node:https') as string })
})

test('where the store of sessions is down, what is guarded is refused and what is open is served', async () => {
  await using around = await opened()
  const { cookie = '' } = await around.signedIn('root')
  await around.store.end()
  const refused = await fetch(`${around.url}/admin`, { headers: { cookie } })
  expect([refused.status, refused.headers.has('retry-after')]).toEqual([503, true])
  expect(await refused.json()).toMatchObject({ code: 'SPY_SIGN_ON_UNKNOWN' })
  expect(await statusOf(around.url, '/shop/admin/help')).toBe(200)
})

test('the access log has who has signed in, and why a request was refused; the server log has who was refused', async () => {
  await using around = await opened()
  const ann = await around.signedIn('ann')
  await ann.get(`${around.url}/me`)
  await ann.get(`${around.url}/admin`)
  await around.host.stop(1000)
  const [signIn, me, admin] = around.place.accessLines('shop')
  expect([signIn, me, admin].map((line) => line?.['user.name'])).toEqual(['ann', 'ann', 'ann'])
  expect([me?.['error.type'], admin?.['error.type'], admin?.['http.response.status_code']]).toEqual([undefined, 'role_missing', 403])
  expect(around.place.log.find(({ msg }) => msg === 'access refused')).toMatchObject({
    realm: 'staff',
    user: 'ann',
    path: '/admin',
    roles: ['administrator'],
  })
})

test.each([
  [{ realms: [] }, 'names the realm staff, and the application uses: none'],
  [{ manifest: 'access: { realm: staff, rules: [{ path: /admin*, roles: [a] }] }' }, 'must be a path like'],
  [{ manifest: 'access: { realm: staff, rules: [{ path: /%61dmin, roles: [a] }] }' }, 'must be a path like'],
  [{ manifest: 'access: { realm: staff, rules: [{ path: /a/../b, roles: [a] }] }' }, 'must be a path like'],
  [{ manifest: 'access: { realm: staff, rules: [{ path: /a, roles: [] }] }' }, 'access.rules.0.roles'],
  [{ manifest: 'access: { realm: staff, rules: [{ path: /a, role: [a] }] }' }, 'access.rules.0'],
  [{ manifest: 'access: { realm: staff }' }, 'access.rules'],
])('rules that would protect nothing fail the start: %j', async (given, message) => {
  await expect(opened(given)).rejects.toMatchObject({
    code: 'SPY_APPLICATION_FAILED',
    message: expect.stringContaining(message) as string,
  })
})
