import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../support/free-port.ts'
import { startSilentServer } from '../../support/silent-server.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { until } from '../../support/until.ts'
import { ManualClock } from '../datasource/fixture.ts'
import { openOutgoing } from '../outgoing/fixture.ts'

async function startHttp(listener: RequestListener): Promise<number> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const urlOf = (port: number, path = ''): string => `http://127.0.0.1:${port}${path}`
const echo: RequestListener = ({ method, url, headers }, response) =>
  response.end(JSON.stringify({ method, url, authorization: headers.authorization }))

test('a request goes below the url, with what it is given, and is counted when its answer has come', async () => {
  const port = await startHttp(echo)
  const { face, read } = await openOutgoing('httpClients', { url: urlOf(port, '/v1') })
  const answer = await face.fetch('/charges?id=7', { method: 'POST', body: 'x' })
  expect(await answer.json()).toEqual({ method: 'POST', url: '/v1/charges?id=7' })
  await until(() => read('running') === 0)
  expect(['target', 'calls', 'failures', 'state', 'connections', 'waiting'].map(read)).toEqual([`127.0.0.1:${port}`, 1, 0, 'ok', 1, 0])
  expect(read('durationP95')).toBeGreaterThan(0)
})

test('a form is sent as one', async () => {
  const port = await startHttp((request, response) => {
    let text = ''
    request.on('data', (part: Buffer) => (text += String(part)))
    request.on('end', () => response.end(JSON.stringify({ type: request.headers['content-type'], text })))
  })
  const { face } = await openOutgoing('httpClients', { url: urlOf(port) })
  const body = new FormData()
  body.set('picture', new Blob(['of a pen']), 'pen.txt')
  const { type, text } = (await (await face.fetch('/', { method: 'POST', body })).json()) as { type: string; text: string }
  const boundary = /^multipart\/form-data; ?boundary=(.+)$/.exec(type)![1]!
  expect([text.startsWith(`--${boundary}\r\n`), text.includes('name="picture"; filename="pen.txt"'), text.includes('of a pen')]).toEqual([
    true,
    true,
    true,
  ])
})

test.for(['//evil.example/x', 'http://evil.example/', '../v2', '/../../etc', 'https://127.0.0.1/v1/'])(
  'what is not below the url is refused: %s',
  async (path) => {
    const { face, read } = await openOutgoing('httpClients', { url: 'http://127.0.0.1:9/v1' })
    await expect(face.fetch(path)).rejects.toMatchObject({ code: 'SPY_HTTP_CLIENT_PLACE' })
    expect(read('calls')).toBe(0)
  },
)

test('a redirect is an answer, and so is an error of the service', async () => {
  const port = await startHttp(({ url }, response) =>
    url === '/moved' ? response.writeHead(302, { location: 'http://evil.example/' }).end() : response.writeHead(500).end('broken'),
  )
  const { face, read } = await openOutgoing('httpClients', { url: urlOf(port) })
  const [moved, broken] = [await face.fetch('/moved'), await face.fetch('/')]
  expect([moved.status, broken.status, await broken.text(), await moved.text()]).toEqual([302, 500, 'broken', ''])
  expect([read('failures'), read('state')]).toEqual([0, 'ok'])
})

test('a password is sent with each request and shown nowhere; one that changes in its file is read again', async () => {
  const port = await startHttp(echo)
  const authorizationOf = async (given: object): Promise<unknown> => {
    const { face, log, registry } = await openOutgoing('httpClients', given)
    const { authorization } = (await (await face.fetch('/')).json()) as { authorization?: string }
    expect(JSON.stringify([log, registry.snapshot()])).not.toContain('hush')
    return authorization
  }
  expect(await authorizationOf({ url: urlOf(port) })).toBeUndefined()
  expect(await authorizationOf({ url: urlOf(port), password: 'hush' })).toBe('Bearer hush')
  const file = join(tempFolder(), 'token')
  writeFileSync(file, 'hush 2\n')
  const basic = `Basic ${Buffer.from('ann:hush 2').toString('base64')}`
  expect(await authorizationOf({ url: `http://ann@127.0.0.1:${port}`, passwordFrom: `file:${file}` })).toBe(basic)
  const { face } = await openOutgoing('httpClients', { url: urlOf(port), passwordFrom: 'file:/none' })
  await expect(face.fetch('/')).rejects.toMatchObject({ code: 'SPY_HTTP_CLIENT_PASSWORD' })
})

test('a service that is not there, or accepts and never answers, is an error in time, and down until it answers', async () => {
  const nobody = await openOutgoing('httpClients', { url: urlOf(await freePort()) })
  await expect(nobody.face.fetch('/')).rejects.toMatchObject({ code: 'SPY_HTTP_CLIENT_FAILED', statusCode: 503 })
  const silent = await openOutgoing('httpClients', { url: urlOf(await startSilentServer()), timeoutMs: 50 })
  await expect(silent.face.fetch('/')).rejects.toMatchObject({ code: 'SPY_HTTP_CLIENT_TIMEOUT', statusCode: 503 })
  expect(['state', 'failures', 'timeouts', 'running'].map(silent.read)).toEqual(['down', 1, 1, 0])
  expect(['state', 'failures', 'timeouts', 'lastError'].map(nobody.read)).toEqual(['down', 1, 0, expect.stringContaining('')])
  const port = await startHttp(echo)
  silent.configure({ url: urlOf(port), timeoutMs: 30_000 })
  await (await silent.face.fetch('/')).text()
  await until(() => silent.read('state') === 'ok')
})

test('an answer that trickles or that nobody reads gives its connection back when its time is over', async () => {
  const port = await startHttp(({ url }, response) => {
    if (url === '/quick') response.end('quick')
    else response.write('x'.repeat(2_000_000)) // and no end
  })
  const clock = new ManualClock()
  const { face, read } = await openOutgoing('httpClients', { url: urlOf(port), max: 1 }, clock)
  const unread = await face.fetch('/endless')
  clock.advance(30_000)
  await until(() => read('timeouts') === 1)
  await expect(unread.text()).rejects.toMatchObject({ code: 'SPY_HTTP_CLIENT_TIMEOUT' })
  expect(await (await face.fetch('/quick')).text()).toBe('quick')
})

test('too many that wait are refused at once; who is aborted by the application is no failure of the service', async () => {
  const held: ServerResponse[] = []
  const port = await startHttp((_, response) => void held.push(response))
  const { face, read } = await openOutgoing('httpClients', { url: urlOf(port), max: 1, maxWaiting: 1 })
  const abort = new AbortController()
  const first = face.fetch('/')
  await until(() => held.length === 1)
  const second = face.fetch('/', { signal: abort.signal })
  await until(() => read('waiting') === 1)
  await expect(face.fetch('/')).rejects.toMatchObject({ code: 'SPY_HTTP_CLIENT_BUSY', statusCode: 503 })
  abort.abort()
  await expect(second).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }))
  held[0]?.end('done')
  expect(await (await first).text()).toBe('done')
  expect([read('refused'), read('state'), read('calls')]).toEqual([1, 'ok', 2])
})

test('settings change under load without a failed request; requests that run end where they began', async () => {
  const [one, two] = [
    await startHttp((_, response) => void setTimeout(() => response.end('one'), 5)),
    await startHttp((_, r) => r.end('two')),
  ]
  const { face, configure, read } = await openOutgoing('httpClients', { url: urlOf(one), max: 4 })
  const seen = new Set<string>()
  let isOver = false
  const clients = Array.from({ length: 8 }, async () => {
    while (!isOver) seen.add(await (await face.fetch('/')).text())
  })
  await until(() => seen.has('one'))
  configure({ url: urlOf(two) })
  await until(() => seen.has('two'))
  isOver = true
  await Promise.all(clients)
  expect([read('failures'), read('target')]).toEqual([0, `127.0.0.1:${two}`])
})

test('what runs at the end is waited for, then nothing is sent any more', async () => {
  const port = await startHttp((_, response) => void setTimeout(() => response.end('late'), 50))
  const { face, resources } = await openOutgoing('httpClients', { url: urlOf(port) })
  const running = face.fetch('/').then((answer) => answer.text())
  await until(() => face.load.connections === 1)
  await resources.close(10_000)
  expect(await running).toBe('late')
  await expect(face.fetch('/')).rejects.toMatchObject({ code: 'SPY_HTTP_CLIENTS_CLOSED' })
})
