// Routes of many fates on plain node:http and Fastify.
import http from 'node:http'
import { pipeline } from 'node:stream'
import Fastify from 'fastify'
import { ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api'

const app = Fastify({ logger: process.env.PINO === '1' ? { stream: { write: (line) => process.stdout.write(line) } } : false })
const tracer = trace.getTracer('application', '2')

app.get('/fast/:id', async () => ({ ok: true }))
app.get('/slow/:id', async () => {
  await new Promise((resolve) => setTimeout(resolve, 150))
  return { ok: true }
})
app.get('/fail', async () => {
  throw Object.assign(new TypeError('it broke'), { secret: 'x' })
})
app.get('/recovered', { errorHandler: (_error, _request, reply) => void reply.code(200).send('from the cache') }, async () => {
  throw new TypeError('recovered')
})
app.get('/handled', (_request, reply) => void reply.code(500).send(Object.assign(new RangeError('handled'), { cause: new Error('below') })))
app.get('/refused', (_request, reply) => void reply.code(409).send(new RangeError('the client is wrong')))
app.get('/stream', (_request, reply) => {
  reply.hijack()
  const body = async function* () {
    yield 'first'
    await new Promise((resolve) => setTimeout(resolve, 30))
    throw new SyntaxError('midway')
  }
  pipeline(body, reply.raw, () => {})
})
app.get('/after', async () => {
  const active = trace.getActiveSpan()
  setTimeout(
    () => tracer.startSpan('too late', {}, trace.setSpan(ROOT_CONTEXT, active)).setStatus({ code: SpanStatusCode.ERROR }).end(),
    30,
  )
  return {}
})
app.get('/never', () => new Promise(() => {}))
app.get('/manual', async () => {
  trace.getActiveSpan()?.setAttribute('shop.cart', 3)
  await tracer.startActiveSpan('outer', async (outer) => {
    await tracer.startActiveSpan('inner', async (inner) => {
      await fetch(`${base()}/fast/1`)
      inner.setStatus({ code: SpanStatusCode.ERROR, message: 'half done' })
      inner.end()
    })
    outer.addEvent('packed', { items: 2 })
    outer.end()
  })
  throw new Error('kept')
})
app.get('/calls', async () => {
  await (await fetch(`${base()}/echo`)).text()
  await new Promise((resolve, reject) => {
    http.get(`${base()}/echo`, (answer) => answer.resume().on('end', resolve)).on('error', reject)
  })
  await fetch('http://127.0.0.1:2/').catch(() => {})
  throw new Error('kept')
})
const echoed = []
app.get('/echo', async (request) => {
  echoed.push({ traceparent: request.headers.traceparent, tracestate: request.headers.tracestate })
  return {}
})
app.get('/echoed', async () => echoed)
app.get('/logs', async (request) => {
  console.warn('from console %d', 7)
  console.log('login', { user: 'ada', password: 'zqz-console', nested: { list: [{ apiKey: 'zqz-nested' }] } })
  console.error(Object.assign(new Error('Bearer zqz-bearer'), { config: { headers: { Authorization: 'Basic zqz-header' } } }))
  console.info('%j', { token: 'zqz-json' })
  request.log.info({ order: 9, password: 'hunter2' }, 'from pino')
  return {}
})

const plain = http.createServer((request, response) => {
  if (request.url === '/mounted/x') request[Symbol.for('spyglass.contextPath')] = '/mounted'
  setTimeout(() => response.end('plain'), 150)
})

const base = () => `http://127.0.0.1:${app.server.address().port}`
await app.listen({ port: 0, host: '127.0.0.1' })
await new Promise((resolve) => plain.listen(0, '127.0.0.1', resolve))

function aboutAgent() {
  const agent = globalThis[Symbol.for('spyglass.agent')]
  return { counters: agent?.requestCounters(), current: agent?.currentRequest() ?? null }
}

async function stop() {
  await Promise.all([app.close(), new Promise((resolve) => plain.close(resolve))])
  process.disconnect()
}

process.on('message', (message) => {
  if (message === 'agent') process.send(aboutAgent())
  if (message === 'stop') void stop()
})
process.send({ port: app.server.address().port, plainPort: plain.address().port })
