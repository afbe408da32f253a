import { ensureSecrets, SpyglassConfig, type Secrets } from '@spyglass/process/config'
import { createGuessDelay } from '@spyglass/process/access'
import { createLogger } from '@spyglass/process/logger'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startConsole } from '../../../collector/src/console/index.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { until } from '../../support/until.ts'

/** Neither store nor management is there: what the console does by itself. */
async function bench(publicUrl?: string, guesses = createGuessDelay()) {
  const root = tempFolder()
  const secrets = ensureSecrets(join(root, 'secrets.yaml'))
  const parsed = SpyglassConfig.parse({ data: root, store: { port: 9 }, management: { port: 9 } })
  const config = { ...parsed, console: { ...parsed.console, port: 0, publicUrl } }
  const running = await startConsole({ config, secrets, logger: createLogger({ process: 'test', level: 'silent' }), guesses })
  onTestFinished(() => running.stop())
  const url = `http://127.0.0.1:${running.port}`
  return { url, secrets, port: running.port, config }
}

const ask = (url: string, init: RequestInit = {}): Promise<Response> => fetch(url, { redirect: 'manual', ...init })
const basic = ({ user, password }: Secrets['console']): Record<string, string> => ({
  authorization: `Basic ${btoa(`${user}:${password}`)}`,
})
const form = (user: string, password: string, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  body: new URLSearchParams({ user, password }),
})

test('a page without a session leads to the login without a challenge; the API is answered 401 with one', async () => {
  const { url } = await bench()
  const page = await ask(`${url}/`)
  expect([page.status, page.headers.get('location'), page.headers.get('www-authenticate')]).toEqual([302, '/login', null])
  const api = await ask(`${url}/api/v1/alerts`)
  expect([api.status, api.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="spyglass", charset="UTF-8"'])
  expect(await api.json()).toMatchObject({ code: 'SPY_CONSOLE_UNAUTHENTICATED' })
  const fromPage = await ask(`${url}/api/v1/alerts`, { headers: { 'x-requested-with': 'spyglass' } })
  expect(fromPage.headers.get('www-authenticate')).toBeNull()
  expect((await ask(`${url}/anything/else`)).status).toBe(302)
  for (const path of ['applications', 'nothing'])
    // before anybody asks whether there is such a path
    expect((await ask(`${url}/api/v1/administration/${path}/${'x'.repeat(3000)}`)).status).toBe(401)
})

test('the right password begins a session, which logging out ends', async () => {
  const { url, secrets } = await bench()
  const { user, password } = secrets.console
  const login = await ask(`${url}/login`, form(user, password))
  expect([login.status, login.headers.get('location')]).toEqual([303, '/'])
  const cookie = login.headers.get('set-cookie') ?? ''
  expect(cookie).toMatch(/^spyglass_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
  const headers = { cookie: cookie.split(';')[0] ?? '' }
  expect((await ask(`${url}/`, { headers })).status).toBe(200)
  expect((await ask(`${url}/api/v1/alerts`, { headers })).status).toBe(200)
  expect(await (await ask(`${url}/session`, { headers })).json()).toEqual({
    alive: true,
    user: secrets.console.user,
    role: 'administrator',
    mayChange: true,
  })
  expect((await ask(`${url}/logout`, { method: 'POST', headers })).status).toBe(303)
  expect((await ask(`${url}/api/v1/alerts`, { headers })).status).toBe(401)
})

test('a client behind a proxy that is not trusted may change nothing, even if the proxy runs on this machine', async () => {
  const { url, secrets } = await bench()
  const login = await ask(`${url}/login`, form(secrets.console.user, secrets.console.password))
  const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? ''
  const mayChange = async (headers: Record<string, string>): Promise<unknown> => {
    const session = await ask(`${url}/session`, { headers: { cookie, ...headers } })
    return ((await session.json()) as { mayChange: boolean }).mayChange
  }
  expect(await mayChange({})).toBe(true)
  for (const name of ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip'])
    expect([name, await mayChange({ [name]: '127.0.0.1' })]).toEqual([name, false])
})

test('Basic opens the API and the page', async () => {
  const { url, secrets } = await bench()
  expect((await ask(`${url}/api/v1/alerts`, { headers: basic(secrets.console) })).status).toBe(200)
  expect((await ask(`${url}/`, { headers: basic(secrets.console) })).status).toBe(200)
  expect((await ask(`${url}/api/v1/alerts`, { headers: basic({ user: 'admin', password: 'wrong' }) })).status).toBe(401)
})

test('the right password passes at once while wrong ones of the same address are held back or asked to retry', async () => {
  const held: (() => void)[] = []
  const guesses = createGuessDelay({ wait: () => new Promise((resolve) => held.push(resolve)) })
  const { url, secrets } = await bench(undefined, guesses)
  const wrong = { user: secrets.console.user, password: 'wrong' }
  const guess = (): Promise<Response> => ask(`${url}/api/v1/alerts`, { headers: basic(wrong) })
  for (let i = 0; i < 3; i++) expect((await guess()).status).toBe(401)
  const waiting = Array.from({ length: 8 }, guess)
  await until(() => held.length === 8)
  for (const limited of [await guess(), await ask(`${url}/login`, form(wrong.user, wrong.password))]) {
    expect(limited.status).toBe(429)
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await limited.text()).toMatch(/SPY_CONSOLE_TOO_MANY_LOGINS|Too many wrong passwords/)
  }
  expect((await ask(`${url}/api/v1/alerts`, { headers: basic(secrets.console) })).status).toBe(200)
  expect((await ask(`${url}/login`, form(secrets.console.user, secrets.console.password))).status).toBe(303)
  held.forEach((release) => release())
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(waiting.map(() => 401))
})

test('another host name is refused but for health; links on other sites lead to pages, and to nothing else', async () => {
  const { url, port, secrets } = await bench('https://apm.example')
  const get = async (path: string, headers: Record<string, string>): Promise<number | undefined> => {
    const [response] = (await once(
      request({ port, host: '127.0.0.1', path, headers: { ...basic(secrets.console), ...headers } }).end(),
      'response',
    )) as [IncomingMessage]
    response.resume()
    return response.statusCode
  }
  expect(await get('/api/v1/alerts', { host: `evil.example:${port}` })).toBe(403)
  expect(await get('/login', { host: 'evil.example' })).toBe(403)
  expect(await get('/health', { host: 'evil.example' })).toBe(200)
  for (const host of ['apm.example', `localhost:${port}`, `[::1]:${port}`]) expect(await get('/api/v1/alerts', { host })).toBe(200)
  expect(await get('/api/v1/alerts', { origin: 'http://evil.example' })).toBe(403)
  expect(await get('/api/v1/alerts', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' })).toBe(403)
  expect(await get('/', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' })).toBe(200)
  expect(
    (await ask(`${url}/login`, { method: 'POST', headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' } })).status,
  ).toBe(403)
})

test('a form of another site is refused, also with the right password', async () => {
  const { url, secrets, port } = await bench()
  const { user, password } = secrets.console
  expect((await ask(`${url}/login`, form(user, password, { origin: 'http://evil.example' }))).status).toBe(403)
  expect((await ask(`${url}/login`, form(user, password, { 'sec-fetch-site': 'cross-site' }))).status).toBe(403)
  expect((await ask(`${url}/login`, form(user, password, { origin: `http://127.0.0.1:${port}` }))).status).toBe(303)
})

test('every answer carries the security headers, and nothing of the API may be stored', async () => {
  const { url, secrets } = await bench('https://apm.example')
  for (const path of ['/login', '/api/v1/alerts', '/assets/main.js', '/health', '/nothing']) {
    const { headers } = await ask(`${url}${path}`, { headers: basic(secrets.console) })
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'/)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.get('strict-transport-security')).toBe('max-age=31536000')
    expect(headers.get('cache-control')).toBe(path.startsWith('/assets') ? 'no-cache' : 'no-store')
  }
})

test('files of the page are sent compressed, with a tag by which they need not be sent again', async () => {
  const { url } = await bench()
  const script = await ask(`${url}/assets/main.js`)
  expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  expect(script.headers.get('content-encoding')).toBe('gzip')
  expect(await script.text()).toContain("from './header.js'")
  const again = await ask(`${url}/assets/main.js`, { headers: { 'if-none-match': script.headers.get('etag') ?? '' } })
  expect(again.status).toBe(304)
  expect((await ask(`${url}/assets/..%2fassets.ts`)).status).not.toBe(200)
})

test('without store and management the process is healthy, not ready, and says why; the API answers 503 with the code', async () => {
  const { url, secrets } = await bench()
  expect((await ask(`${url}/health`)).status).toBe(200)
  const ready = await ask(`${url}/ready`)
  expect(ready.status).toBe(503)
  expect(await ready.json()).toEqual({
    ready: false,
    reasons: [expect.stringContaining('the store at'), expect.stringContaining('the management endpoint at')],
  })
  const red = await ask(`${url}/api/v1/red`, { headers: basic(secrets.console) })
  expect([red.status, await red.json()]).toMatchObject([503, { code: 'SPY_QUERY_UNREACHABLE' }])
  const pools = await ask(`${url}/api/v1/pools`, { headers: basic(secrets.console) })
  expect([pools.status, await pools.json()]).toMatchObject([503, { code: 'SPY_MANAGEMENT_UNREACHABLE' }])
  const wrong = await ask(`${url}/api/v1/red?from=yesterday`, { headers: basic(secrets.console) })
  expect([wrong.status, await wrong.json()]).toMatchObject([400, { code: 'SPY_CONSOLE_PARAMETER_INVALID' }])
})

test.each([
  ['red?minutes=15', 'unknown parameter minutes: /api/v1/red takes from, to, service, step'],
  [
    'slow-requests?from=1&Limit=3',
    'unknown parameter Limit: /api/v1/slow-requests takes from, to, service, route, kept, order, limit, offset',
  ],
  ['events?limit=3&step=60', 'unknown parameter step: /api/v1/events takes from, to, service, incident, limit'],
  ['services?x', 'unknown parameter x: /api/v1/services takes from, to, service, limit'],
  ['line?path=a.ts', 'unknown parameter path: /api/v1/line takes from, to, service, file, line, limit'],
  ['pools?instance=shop-1', 'unknown parameter instance: /api/v1/pools takes none'],
  ['trace/0123456789abcdef0123456789abcdef?limit=5', 'unknown parameter limit: /api/v1/trace/:id takes none'],
])('a parameter that a route does not have is refused with those it has: %s', async (path, message) => {
  const { url, secrets } = await bench()
  const answer = await ask(`${url}/api/v1/${path}`, { headers: basic(secrets.console) })
  expect([answer.status, await answer.json()]).toMatchObject([400, { code: 'SPY_CONSOLE_PARAMETER_UNKNOWN', detail: message }])
  expect((await ask(`${url}/api/v1/${path}`)).status).toBe(401)
  for (const known of [
    'red?step=60&service=x',
    'slow-requests?kept=slow&offset=0&route=x',
    'slow-requests?order=-time',
    'logs?search=x',
    'pool-series?pool=p',
  ])
    expect((await ask(`${url}/api/v1/${known}`, { headers: basic(secrets.console) })).status).toBe(503)
})

test.each(['line?line=3', 'line?file=', 'line?file=a.ts&line=-1', 'line?file=a.ts&line=99999999'])(
  'a line is asked for with its file: %s',
  async (path) => {
    const { url, secrets } = await bench()
    const answer = await ask(`${url}/api/v1/${path}`, { headers: basic(secrets.console) })
    expect([answer.status, await answer.json()]).toMatchObject([400, { code: 'SPY_CONSOLE_PARAMETER_INVALID' }])
  },
)

test('a taken port is reported with its number', async () => {
  const { port, config, secrets } = await bench()
  const again = { ...config, console: { ...config.console, port } }
  const logger = createLogger({ process: 'test', level: 'silent' })
  await expect(startConsole({ config: again, secrets, logger })).rejects.toMatchObject({
    code: 'SPY_PORT_TAKEN',
    message: expect.stringContaining(`port ${port} (console.port) on 127.0.0.1`),
  })
})
