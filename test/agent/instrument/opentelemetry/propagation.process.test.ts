import { expect, test } from 'vitest'
import { messageOf, sinkForTest, startApplication } from '../../../support/agent-process.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const TRACEPARENT = `00-${TRACE}-b7ad6b7169203331-00`

interface Carried {
  readonly traceparent?: string
  readonly tracestate?: string
  readonly baggage?: string
  readonly b3?: string
}

async function ask(headers: Record<string, string>, env: Record<string, string> = {}) {
  const sink = await sinkForTest()
  const application = startApplication('propagation.mjs', { env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint, ...env } })
  const { port } = await messageOf<{ port: number }>(application)
  const answer = await fetch(`http://127.0.0.1:${port}/`, { headers })
  return { application, result: (await answer.json()) as Record<string, never> }
}

test('trace, flags, tracestate and baggage go through the API and out with every call', async () => {
  const { result } = await ask({ traceparent: TRACEPARENT, tracestate: 'rojo=1', baggage: 'user=ada' })
  const { active, baggage, injected, calls, more, remote, job, child } = result as unknown as {
    active: { traceId: string; spanId: string; traceFlags: number; traceState: string }
    baggage: string
    injected: Carried
    calls: Carried[]
    more: Carried[]
    remote: Carried[]
    job: { ids: { traceId: string; spanId: string }; injected: Carried; state: string }
    child: string[]
  }
  expect(active).toMatchObject({ traceId: TRACE, traceFlags: 0, traceState: 'rojo=1' })
  expect(baggage).toBe('ada')
  expect(injected).toEqual({ traceparent: `00-${TRACE}-${active.spanId}-00`, tracestate: 'spyglass=k:h,rojo=1', baggage: 'user=ada' })
  const own = { traceparent: expect.stringMatching(`^00-${TRACE}-[0-9a-f]{16}-00$`) as string, tracestate: 'spyglass=k:h,rojo=1' }
  expect(calls).toEqual([
    { ...own, baggage: 'user=ada' },
    { ...own, baggage: 'user=ada' },
  ])
  expect(more).toEqual([
    { ...own, baggage: 'user=ada,cart=3' },
    { ...own, baggage: 'user=ada,cart=3' },
  ])
  const extracted = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00`, tracestate: 'x=1', baggage: 'job=nightly' }
  expect(remote).toEqual([extracted, extracted])
  expect(job.injected).toEqual({ ...extracted, traceparent: `00-${'a'.repeat(32)}-${job.ids.spanId}-00`, tracestate: 'spyglass=k:h,x=1' })
  expect(child).toEqual([TRACE, TRACE])
})

test('OTEL_PROPAGATORS is honoured, or refused with a line', async () => {
  const b3 = await ask({ b3: `${TRACE}-b7ad6b7169203331-1`, baggage: 'user=ada' }, { OTEL_PROPAGATORS: 'b3,baggage' })
  expect((b3.result['calls'] as unknown as Carried[]).map((call) => call.b3?.slice(0, 32))).toEqual([TRACE, TRACE])
  const refused = await ask({ traceparent: TRACEPARENT, baggage: 'user=ada' }, { OTEL_PROPAGATORS: 'jaeger' })
  expect(refused.application.stderr()).toContain('OTEL_PROPAGATORS is "jaeger", which is not a list of tracecontext')
  expect((refused.result['active'] as unknown as { traceId: string }).traceId).toBe(TRACE)
})
