import { expect, test } from 'vitest'
import { httpServer } from '../../../agent/src/instrument/http-server.ts'
import { httpUpgrades } from '../../../agent/src/instrument/http-upgrade.ts'
import { formsOf, recorded } from '../../support/instrumented.ts'

/** Statements are recorded as a driver would do it; the name is the listener that runs it. */
const DECLARED = `
const sql = (name: string) => (globalThis as any)[Symbol.for('spyglass.agent')].startStatement({ system: 'sqlite', pool: 'p', text: 'SELECT x FROM ' + name }, sql).end()
const text = (socket: net.Socket) => new Promise<string>((resolve) => { let all = ''; socket.on('data', (piece) => (all += piece)).on('close', () => resolve(all)).on('error', () => {}) })
const connected = (url: string) => new Promise<net.Socket>((resolve) => { const socket = net.connect(Number(new URL(url).port), '127.0.0.1', () => resolve(socket)) })
const turn = () => new Promise((resolve) => setImmediate(resolve))
declare const withServer: (server: unknown, use: (url: string) => unknown) => Promise<void>
`

const BODIES = `import http from 'node:http'
import net from 'node:net'
const server = http.createServer((request, response) => {
  arrived()
  request.on('data', () => sql('data')).on('end', () => { sql('ends'); response.end() }).on('close', () => sql('closed'))
  response.on('finish', () => sql('finish')).on('close', () => sql('response_closed'))
})
let arrived = () => {}
const arrival = () => new Promise<void>((resolve) => (arrived = resolve))
async function main(): Promise<void> {
  await withServer(server, async (url) => {
    const socket = await connected(url)
    const all = text(socket)
    for (const path of ['/first', '/second']) {
      let here = arrival()
      socket.write('POST ' + path + ' HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 4\\r\\n\\r\\n')
      await here
      socket.write('ab')
      await turn()
      const answered = new Promise((resolve) => socket.once('data', resolve))
      socket.write('cd')
      await answered
    }
    const here = arrival()
    socket.write('GET /third HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n')
    await here
    await all
  })
}
${DECLARED}`

test('what listeners of a request and its response do when a body comes later belongs to their request, in each form', async () => {
  for (const form of formsOf(httpServer)) {
    const { traces } = await recorded(BODIES, { form })
    const shown = traces.map(({ root, children }) => [
      root.name,
      new Set(children.map(({ attributes }) => tableOf(attributes['db.query.text']))),
    ])
    const listeners = new Set(['data', 'ends', 'closed', 'finish', 'response_closed'])
    expect([form, ...shown]).toEqual([
      form,
      ['POST /first', listeners],
      ['POST /second', listeners],
      ['GET /third', new Set(['ends', 'closed', 'finish', 'response_closed'])],
    ])
  }
})

const HANG_UPS = `import http from 'node:http'
import net from 'node:net'
const done: Promise<unknown>[] = []
const server = http.createServer((request, response) => {
  request.on('aborted', () => sql('aborted')).on('error', () => sql('errors')).on('close', () => sql('closed'))
  done.push(new Promise((resolve) => response.on('close', () => { sql('response_closed'); resolve(undefined) })))
  response.flushHeaders()
})
async function main(): Promise<void> {
  await withServer(server, async (url) => {
    for (const head of ['GET /idle HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n', 'POST /half HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 4\\r\\n\\r\\nab']) {
      const socket = await connected(url)
      socket.write(head)
      await new Promise((resolve) => socket.once('data', resolve))
      socket.destroy()
      while (done.length === 0) await turn()
      await done.pop()
      await turn()
    }
  })
}
${DECLARED}`

test('what listeners do when a client hangs up belongs to the request', async () => {
  const { traces } = await recorded(HANG_UPS, { form: 'esm' })
  const shown = traces.map(({ root, children }) => [
    root.name,
    root.attributes['spyglass.keep.reason'],
    children.map(({ attributes }) => tableOf(attributes['db.query.text'])).toSorted(),
  ])
  expect(shown).toEqual([
    ['GET /idle', 'aborted', ['aborted', 'closed', 'errors', 'response_closed']],
    ['POST /half', 'aborted', ['aborted', 'closed', 'errors', 'response_closed']],
  ])
})

const UPGRADES = `import http from 'node:http'
import net from 'node:net'
const server = http.createServer((request, response) => response.end())
const answer = (path: string) => path.startsWith('/refused') ? 'HTTP/1.1 403 Forbidden\\r\\n\\r\\n' : 'HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: own\\r\\n\\r\\n'
const onUpgrade = (request: http.IncomingMessage, socket: net.Socket) => {
  sql('upgrades')
  socket.on('error', () => {})
  if (request.url === '/gone') return socket.destroy()
  socket.write('not a head')
  socket.once('data', () => {
    sql('greeting')
    setTimeout(() => { sql('timer'); socket.end(answer(request.url!)) }, 5)
  })
}
server.on('upgrade', onUpgrade)
server.on('connect', (request, socket) => { sql('connects'); socket.end('HTTP/1.1 200 OK\\r\\n\\r\\n') })
async function main(): Promise<void> {
  await withServer(server, async (url) => {
    for (const path of ['/chat/42', '/refused', '/gone']) {
      const socket = await connected(url)
      socket.write('GET ' + path + ' HTTP/1.1\\r\\nHost: x\\r\\nConnection: Upgrade\\r\\nUpgrade: own\\r\\n\\r\\n')
      const all = text(socket)
      socket.once('data', () => socket.write('hello'))
      await all
    }
    const socket = await connected(url)
    socket.write('CONNECT x:1 HTTP/1.1\\r\\nHost: x:1\\r\\n\\r\\n')
    await text(socket)
    await turn()
    await turn()
    server.off('upgrade', onUpgrade as never)
    if (server.listenerCount('upgrade') !== 0) throw new Error('the listener is still there')
  })
}
${DECLARED}`

test('upgrades are requests of their own, up to their answer, in each form', async () => {
  for (const form of formsOf(httpUpgrades)) {
    const { traces, sink } = await recorded(UPGRADES, { form })
    const shown = traces.map(({ root: { name, attributes }, children }) => [
      name,
      attributes['http.response.status_code'],
      attributes['error.type'],
      children.map(({ attributes: its }) => tableOf(its['db.query.text'])).join(' '),
    ])
    expect([form, ...shown]).toEqual([
      form,
      ['GET /chat/{id}', 101, undefined, 'upgrades greeting timer'],
      ['GET /refused', 403, undefined, 'upgrades greeting timer'],
      ['GET /gone', undefined, 'aborted', 'upgrades'],
      ['CONNECT', 200, undefined, 'connects'],
    ])
    const counted = sink.points.filter(({ metric }) => metric === 'http.server.request.duration')
    expect(counted.reduce((sum, { count }) => sum + Number(count), 0)).toBe(4)
  }
})

const REMOVED = `import { once } from 'node:events'
import http from 'node:http'
const server = http.createServer()
const listener = () => {}
const left: unknown[] = []
async function main(): Promise<void> {
  for (const method of ['on', 'addListener', 'prependListener', 'once', 'prependOnceListener'] as const) {
    server[method]('upgrade', listener)
    left.push(server.listeners('upgrade')[0] === listener)
    server.removeListener('upgrade', listener)
    left.push(server.listenerCount('upgrade'))
  }
  const leaving = new AbortController()
  const waiting = once(server, 'connect', { signal: leaving.signal }).catch(() => 'aborted')
  leaving.abort()
  left.push(await waiting, server.listenerCount('connect'))
  let calls = 0
  server.prependOnceListener('connect', () => { calls++ })
  server.emit('connect', {}, {})
  server.emit('connect', {}, {})
  left.push(calls, server.listenerCount('connect'))
  process.stdout.write(JSON.stringify(left))
}
`

test('a listener is found and removed, however it was registered', async () => {
  const { stdout } = await recorded(REMOVED, { form: 'esm' })
  expect(JSON.parse(stdout)).toEqual([...Array.from({ length: 5 }, () => [true, 0]).flat(), 'aborted', 0, 1, 0])
})

const tableOf = (statement: unknown): string => String(statement).replace('SELECT x FROM ', '')
