// Calls to another service that end in many ways. `/run?NAME` makes one inside a request that fails, so that its trace is kept.
import { EventEmitter } from 'node:events'
import http from 'node:http'
import { pipeline } from 'node:stream/promises'
import { Writable } from 'node:stream'

const SLOW_MS = 300
/** Says when the peer has a request that it never answers, so that nothing here depends on how fast the machine is. */
const arrivals = new EventEmitter()
const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

const peer = http.createServer((request, response) => {
  const answers = {
    '/ok': () => response.setHeader('content-length', 2).end('ok'),
    '/slow': () => {
      response.write('first')
      setTimeout(() => response.end('last'), SLOW_MS)
    },
    '/cut': () => {
      response.writeHead(200, { 'content-length': 100 }).write('abc')
      setTimeout(() => request.socket.destroy(), 20)
    },
    '/reset': () => request.socket.resetAndDestroy(),
    '/hangUp': () => request.socket.end(),
    '/hang': () => arrivals.emit('hang'),
    '/early': () => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' })
      response.end('ok')
    },
    '/moved': () => response.writeHead(302, { location: '/ok' }).end(),
    '/missing': () => response.writeHead(404).end(),
  }
  answers[request.url]()
})
peer.keepAliveTimeout = 50
peer.on('upgrade', (_request, socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n')
  setTimeout(() => socket.end(), SLOW_MS)
})
peer.on('connect', (_request, socket) => socket.end('HTTP/1.1 200 Connection Established\r\n\r\n'))
await new Promise((resolve) => peer.listen(0, '127.0.0.1', resolve))
const base = `http://127.0.0.1:${peer.address().port}`

/** Calls and resolves once the call is over in every sense. */
function call(path, options = {}, use = (answer) => answer.resume()) {
  return new Promise((resolve) => {
    const request = http.request(base + path, options, (answer) => {
      answer.on('error', () => {})
      use(answer, request)
    })
    request.on('error', () => {})
    request.on('close', () => setImmediate(resolve))
    options.before?.(request)
    request.end(options.body)
  })
}

/** A signal that is aborted when the peer has the request. */
const abortedAtPeer = (reason) => {
  const controller = new AbortController()
  arrivals.once('hang', () => controller.abort(reason))
  return controller.signal
}

const abortedAtHead = () => {
  const controller = new AbortController()
  return call('/slow', { signal: controller.signal }, () => controller.abort())
}

const agent = new http.Agent({ keepAlive: true })
const sink = () => new Writable({ write: (_chunk, _encoding, done) => done() })

const runs = {
  slow: () => call('/slow'),
  keepAlive: async () => {
    await call('/ok', { agent })
    await call('/slow', { agent })
  },
  post: () => call('/ok', { method: 'POST', body: 'body', headers: { 'content-length': 4 } }),
  pipeline: () => call('/slow', {}, (answer) => void pipeline(answer, sink())),
  iterated: () =>
    call('/slow', {}, async (answer) => {
      for await (const _ of answer);
    }),
  noListener: () => new Promise((resolve) => http.get(`${base}/slow`).on('close', () => setImmediate(resolve))),
  unread: () => call('/ok', {}, () => {}),
  earlyHints: () => call('/early'),
  missing: () => call('/missing'),
  moved: () => call('/moved', {}, (answer) => answer.destroy()),
  cut: () => call('/cut'),
  reset: () => call('/reset'),
  hangUp: () => call('/hangUp'),
  refused: () =>
    new Promise((resolve) =>
      http
        .get('http://127.0.0.1:1/')
        .on('error', () => {})
        .on('close', () => setImmediate(resolve)),
    ),
  destroyedBefore: () => call('/hang', { before: (request) => arrivals.once('hang', () => request.destroy()) }),
  destroyedWithError: () => call('/hang', { before: (request) => arrivals.once('hang', () => request.destroy(new RangeError('mine'))) }),
  destroyedDuring: () => call('/slow', {}, (answer) => answer.once('data', () => answer.destroy())),
  requestDestroyedDuring: () => call('/slow', {}, (answer, request) => answer.once('data', () => request.destroy())),
  aborted: () => call('/hang', { signal: abortedAtPeer() }),
  abortedDuring: () => abortedAtHead(),
  timeoutSignal: () => call('/hang', { signal: AbortSignal.timeout(20) }),
  timeout: () => call('/hang', { timeout: 20, before: (request) => request.on('timeout', () => request.destroy()) }),
  upgrade: () =>
    call('/ok', {
      headers: { connection: 'upgrade', upgrade: 'x' },
      before: (request) => request.on('upgrade', (_answer, socket) => socket.resume()),
    }),
  connect: () => call('/ok', { method: 'CONNECT', before: (request) => request.on('connect', (_answer, socket) => socket.destroy()) }),
  fetch: async () => void (await (await fetch(`${base}/slow`)).text()),
  fetchCancelled: async () => {
    await (await fetch(`${base}/slow`)).body.cancel()
    await later(20)
  },
  fetchCancelledFor: async () => {
    await (await fetch(`${base}/slow`)).body.cancel(new Error('enough'))
    await later(20)
  },
  fetchAborted: () => fetch(`${base}/hang`, { signal: abortedAtPeer() }).catch(() => later(20)),
  // The reason of AbortSignal.timeout, once there is a connection: before, undici hides it.
  fetchTimeout: () => fetch(`${base}/hang`, { signal: abortedAtPeer(new DOMException('late', 'TimeoutError')) }).catch(() => later(20)),
  fetchCut: async () => {
    await (await fetch(`${base}/cut`)).text().catch(() => {})
    await later(20)
  },
}

const app = http.createServer((request, response) => {
  const run = runs[request.url.split('?')[1]]
  void run().then(() => response.writeHead(500).end())
})
await new Promise((resolve) => app.listen(0, '127.0.0.1', resolve))
process.on('message', () => void globalThis[Symbol.for('spyglass.agent')].flush(1000).then(() => process.send({ flushed: true })))
process.send({ port: app.address().port, names: Object.keys(runs) })
