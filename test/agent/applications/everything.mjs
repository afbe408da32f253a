// Does a little of everything that the agent hooks into, says what came of it, and ends in the way that END names.
import http from 'node:http'
import { trace } from '@opentelemetry/api'
import Fastify from 'fastify'
import pg from 'pg'
import { pino } from 'pino'

// Frames of Node's own differ from run to run.
Error.stackTraceLimit = 1
const sha = (text) => text.length
const app = Fastify({ logger: false })
const logger = pino({ base: null, timestamp: false }, { write: (line) => process.stdout.write(line.replace(/,"trace_id.*"/, '')) })
const tracer = trace.getTracer('application')
const pool = new pg.Pool({ host: '127.0.0.1', port: 1, max: 1 })

app.get('/plain/:id', async () => ({ ok: true }))
app.get('/fails', async () => {
  throw new TypeError('it broke')
})
app.get('/all', async () => {
  logger.info({ order: 1 }, 'from pino')
  const inner = await (await fetch(`${base()}/plain/1`)).text()
  const outer = await new Promise((resolve, reject) => {
    http.get(`${base()}/plain/2`, (answer) => answer.on('data', (piece) => resolve(sha(String(piece))))).on('error', reject)
  })
  const refused = await pool.query('SELECT 1').catch((error) => error.code)
  const called = await new Promise((resolve) => pool.query('SELECT 2', (error) => resolve(error.code)))
  const span = await tracer.startActiveSpan('step', async (step) => {
    step.setAttribute('a', 1).addEvent('b').recordException(new Error('c'))
    step.end()
    return 'spanned'
  })
  return { inner, outer, refused, called, span }
})

const base = () => `http://127.0.0.1:${app.server.address().port}`
await app.listen({ port: 0, host: '127.0.0.1' })
for (const path of ['/plain/0', '/all', '/fails', '/missing']) {
  const answer = await fetch(base() + path)
  console.log(path, answer.status, await answer.text())
}
console.error('on standard error')
await new Promise((resolve) => setTimeout(resolve, 120))
await globalThis[Symbol.for('spyglass.agent')]?.flush?.(1000)
await app.close()

const ends = {
  return: () => {},
  beforeExit: () => process.on('beforeExit', (code) => console.log('beforeExit', code)),
  exit: () => process.exit(3),
  exitListener: () => process.on('exit', (code) => console.log('exit', code)),
  throw: () => {
    throw new RangeError('thrown')
  },
  later: () =>
    setTimeout(() => {
      throw new RangeError('thrown later')
    }, 1),
  reject: () => void Promise.reject(new RangeError('rejected')),
  signal: () => {
    setTimeout(() => {}, 10_000)
    process.kill(process.pid, 'SIGTERM')
  },
  signalListener: () => {
    process.on('SIGTERM', () => process.exit(4))
    setTimeout(() => {}, 10_000)
    process.kill(process.pid, 'SIGTERM')
  },
}
ends[process.env.END]()
