// What the OpenTelemetry API says of trace and baggage, and what outgoing calls carry.
import http from 'node:http'
import { ROOT_CONTEXT, context, propagation, trace } from '@opentelemetry/api'

const pick = ({ traceparent, tracestate, baggage, b3 }) => ({ traceparent, tracestate, baggage, b3 })
const peer = http.createServer((request, response) => response.end(JSON.stringify(pick(request.headers))))
await new Promise((resolve) => peer.listen(0, '127.0.0.1', resolve))
const url = `http://127.0.0.1:${peer.address().port}/`

const byFetch = async () => (await fetch(url)).json()
const byHttp = () =>
  new Promise((resolve, reject) => {
    http.get(url, (answer) => void answer.toArray().then((parts) => resolve(JSON.parse(Buffer.concat(parts))))).on('error', reject)
  })
const injected = (from = context.active()) => {
  const carrier = {}
  propagation.inject(from, carrier)
  return carrier
}
const remote = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00`, tracestate: 'x=1', baggage: 'job=nightly' }

const app = http.createServer((_request, response) => void answer(response))

async function answer(response) {
  const tracer = trace.getTracer('application')
  const { traceId, spanId, traceFlags, traceState } = trace.getActiveSpan().spanContext()
  const result = {
    active: { traceId, spanId, traceFlags, traceState: traceState?.serialize() },
    baggage: propagation.getActiveBaggage()?.getEntry('user')?.value,
    injected: injected(),
    calls: [await byFetch(), await byHttp()],
  }
  const more = propagation.setBaggage(context.active(), propagation.getActiveBaggage().setEntry('cart', { value: '3' }))
  result.more = await context.with(more, () => Promise.all([byFetch(), byHttp()]))
  const extracted = propagation.extract(ROOT_CONTEXT, remote)
  result.remote = await context.with(extracted, () => Promise.all([byFetch(), byHttp()]))
  await tracer.startActiveSpan('job', {}, extracted, async (job) => {
    result.job = { ids: job.spanContext(), injected: injected(), state: job.spanContext().traceState?.serialize() }
    job.end()
  })
  const parent = tracer.startSpan('parent')
  const child = tracer.startSpan('child', {}, trace.setSpan(context.active(), parent))
  result.child = [parent.spanContext().traceId, child.spanContext().traceId]
  child.end()
  parent.end()
  response.end(JSON.stringify(result))
}
await new Promise((resolve) => app.listen(0, '127.0.0.1', resolve))
process.send({ port: app.address().port })
