import { expect, test } from 'vitest'
import { socketIo, ws } from '../../../agent/src/instrument/websocket.ts'
import { type Recorded, formsOf, recorded } from '../../support/instrumented.ts'

const DECLARED = `
const sql = (name: string) => (globalThis as any)[Symbol.for('spyglass.agent')].startStatement({ system: 'sqlite', pool: 'p', text: 'SELECT x FROM ' + name }, sql).end()
declare const withServer: (server: unknown, use: (url: string) => unknown) => Promise<void>
`

const WS = `import http from 'node:http'
import { WebSocket, WebSocketServer } from 'ws'
const server = http.createServer()
const sockets = new WebSocketServer({ server })
sockets.on('connection', async (socket) => {
  sql('connection')
  socket.on('message', async (data) => {
    sql('first')
    await new Promise((resolve) => setTimeout(resolve, 2))
    sql('second')
    if (String(data) === 'fail') return Promise.reject(new RangeError('broken')).catch((error) => { socket.send('sorry') })
    socket.send('echo')
  })
  const plain = () => { sql('once') }
  socket.once('message', plain)
  socket.addEventListener('message', () => sql('listener'))
  await null
  sql('later')
  socket.send('welcome')
})
async function main(): Promise<void> {
  await withServer(server, async (url) => {
    const client = new WebSocket(url.replace('http', 'ws') + '/chat/42?token=secret')
    const answers: string[] = []
    client.on('message', (data) => {
      answers.push(String(data))
      if (answers.length < 3) client.send(answers.length === 1 ? 'hello' : 'fail')
      else client.close()
    })
    await new Promise((resolve) => client.on('close', resolve))
    if (answers.join() !== 'welcome,echo,sorry') throw new Error(answers.join())
  })
}
${DECLARED}`

const shown = ({ traces }: Recorded) =>
  traces.map(({ root, children }) => [
    root.name,
    children.map(({ attributes }) => String(attributes['db.query.text']).replace('SELECT x FROM ', '')).join(' '),
  ])

test('the upgrade, the connection and each message are roots with what they run, in each form', async () => {
  for (const form of formsOf(ws)) {
    const run = await recorded(WS, { form, env: { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'http-client' } })
    expect([form, ...shown(run)]).toEqual([
      form,
      ['GET /chat/{id}', ''],
      ['connection /chat/{id}', 'connection later'],
      ['message /chat/{id}', 'first second'],
      ['message /chat/{id}', 'once'],
      ['message /chat/{id}', 'listener'],
      ['message /chat/{id}', 'first second'],
      ['message /chat/{id}', 'listener'],
    ])
    expect(run.traces[1]?.root).toMatchObject({
      kind: 5,
      attributes: { 'messaging.system': 'websocket', 'messaging.destination.name': '/chat/{id}' },
    })
    expect(JSON.stringify(run.sink.spans)).not.toContain('secret')
  }
})

const SOCKET_IO = `import http from 'node:http'
import { Server } from 'socket.io'
import { io } from 'socket.io-client'
const server = http.createServer()
const sockets = new Server(server)
sockets.of('/shop').on('connection', (socket) => {
  sql('connection')
  const order = async (id: number, done: (answer: string) => void) => {
    sql('first')
    await new Promise((resolve) => setTimeout(resolve, 2))
    sql('second')
    done('ordered ' + id)
  }
  socket.on('order', order)
  socket.on('stop', () => socket.off('order', order).emit('stopped', socket.listenerCount('order')))
})
async function main(): Promise<void> {
  await withServer(server, async (url) => {
    for (const transports of [['websocket'], ['polling']]) {
      const client = io(url + '/shop', { transports })
      const answer = await client.emitWithAck('order', 42)
      client.emit('stop')
      const left = await new Promise((resolve) => client.on('stopped', resolve))
      if (answer !== 'ordered 42' || left !== 0) throw new Error(answer + left)
      client.close()
    }
    sockets.disconnectSockets(true)
  })
}
${DECLARED}`

test('events of socket.io are roots with what they run, over WebSocket and over polling, in each form', async () => {
  for (const form of formsOf(socketIo)) {
    const run = await recorded(SOCKET_IO, { form, env: { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'http-client' } })
    const events = shown(run).filter(([name]) => !/^(GET|POST)/.test(name as string))
    const each = [
      ['connection /shop', 'connection'],
      ['message /shop order', 'first second'],
      ['message /shop stop', ''],
    ]
    expect([form, ...events]).toEqual([form, ...each, ...each])
  }
})

const GUESSED = `import http from 'node:http'
import { WebSocket, WebSocketServer } from 'ws'
const server = http.createServer()
const sockets = new WebSocketServer({ server })
sockets.on('connection', (socket) => socket.close())
async function main(): Promise<void> {
  await withServer(server, async (url) => {
    for (let at = 0; at < 300; at++) {
      const word = String.fromCodePoint(97 + (at % 20), 97 + Math.floor(at / 20))
      const client = new WebSocket(url.replace('http', 'ws') + '/guess-' + word)
      await new Promise((resolve) => client.on('close', resolve))
    }
  })
}
${DECLARED}`

test('a client that guesses paths makes a bounded number of series', async () => {
  const { sink } = await recorded(GUESSED, { form: 'esm', env: { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'http-client' } })
  const counted = sink.points.filter(({ attributes }) => attributes['messaging.system'] === 'websocket')
  expect(counted.reduce((sum, { count }) => sum + Number(count), 0)).toBe(300)
  expect(new Set(counted.map(({ attributes }) => attributes['messaging.destination.name'])).size).toBe(201)
})
