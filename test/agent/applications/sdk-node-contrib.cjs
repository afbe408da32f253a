// Contrib instrumentations under the stock SDK with our keep decision: spans that end late, statements, console lines, and an
// instrumentation that makes a span of every connection, as that of node:net does.
const { FastifyOtelInstrumentation } = require('@fastify/otel')
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http')
const { PgInstrumentation } = require('@opentelemetry/instrumentation-pg')

async function main() {
  const { startSdkNode } = await import(process.env.SDK_NODE)
  startSdkNode({
    instrumentations: [
      new HttpInstrumentation(),
      new PgInstrumentation(),
      new FastifyOtelInstrumentation({ registerOnInitialization: true }),
    ],
  })
  const { SpanKind, trace } = require('@opentelemetry/api')
  const tracer = trace.getTracer('application')
  const net = require('node:net')
  const original = Reflect.get(net.Socket.prototype, 'connect')
  const collector = new URL(process.env.OTEL_EXPORTER_OTLP_ENDPOINT).port
  const seen = { collector: 0, recorded: 0 }
  net.Socket.prototype.connect = function (...args) {
    const span = tracer.startSpan('tcp.connect')
    if ([args[0]].flat().some((options) => String(options?.port) === collector)) {
      seen.collector++
      if (span.isRecording()) seen.recorded++
    }
    this.once('close', () => span.end())
    return original.apply(this, args)
  }

  const { Pool } = require('pg')
  const pool = new Pool({ host: '127.0.0.1', port: Number(process.env.PGPORT), user: 'spyglass', database: 'postgres', max: 1 })
  const app = require('fastify').fastify()
  const late = (name) => {
    tracer.startActiveSpan(name, (outer) => {
      setTimeout(() => {
        outer.end()
        tracer.startSpan(`${name} after`).end()
      }, 20)
    })
  }
  app.get('/late/:id', async () => {
    late('late')
    return {}
  })
  app.get('/failed', async (_request, reply) => {
    late('late of failed')
    console.log('a line of the failed request')
    await pool.query("SELECT 'zqz-literal' AS a, 4711 AS b")
    const old = tracer.startSpan("SELECT 'zqz-old'", { kind: SpanKind.CLIENT })
    old.setAttributes({ 'db.system': 'mysql', 'db.statement': "SELECT 'zqz-old'", 'db.name': 'shop' }).end()
    return reply.code(503).send({})
  })
  app.get('/many', async (_request, reply) => {
    tracer.startActiveSpan('wide', (wide) => {
      for (let at = 0; at < 600; at++) tracer.startActiveSpan('middle', (middle) => (tracer.startSpan('leaf').end(), middle.end()))
      wide.end()
    })
    return reply.code(503).send({})
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const http = require('node:http')
  const agent = new http.Agent({ keepAlive: true, maxSockets: 20 })
  const get = (path, headers = {}) =>
    new Promise((resolve) => {
      http.get({ port: app.server.address().port, path, agent, headers }, (answer) => answer.resume().on('end', resolve))
    })
  // All of one caller's trace at once: the trace id alone does not say which request a span belongs to.
  const headers = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }
  for (let round = 0; round < 26; round++) {
    await Promise.all(Array.from({ length: 100 }, (_, id) => get(`/late/${id}`, id % 2 ? headers : {})))
  }
  await get('/failed')
  await get('/many')
  await new Promise((resolve) => setTimeout(resolve, 100))
  await globalThis[Symbol.for('spyglass.agent')].flush(2000)
  agent.destroy()
  await Promise.all([pool.end(), app.close()])
  process.stdout.write(JSON.stringify(seen), () => process.exit(0))
}

void main()
