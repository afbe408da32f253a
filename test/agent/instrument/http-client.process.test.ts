import { expect, test } from 'vitest'
import { rootNamed, runProgram, startRoutes } from '../../support/agent-process.ts'

test('a call by http.get is a child of its request and carries its own span on', async () => {
  const { sink, url } = await startRoutes()
  await (await fetch(`${url}/calls`)).text()
  const root = await rootNamed(sink, 'GET /calls')
  const echoed = (await (await fetch(`${url}/echoed`)).json()) as { traceparent: string }[]
  const calls = sink.spans.filter((span) => span.traceId === root.traceId && span.attributes['url.full'] === `${url}/echo`)
  expect(calls.map((span) => [span.kind, span.parentSpanId, span.attributes['http.response.status_code']])).toEqual([
    [3, root.spanId, 200],
    [3, root.spanId, 200],
  ])
  expect(echoed.map(({ traceparent }) => traceparent.split('-')[2])).toEqual(calls.map((span) => span.spanId))
})

test('the agent’s own sending is not counted as a call of the application', async () => {
  const program = `
    const agent = globalThis[Symbol.for('spyglass.agent')]
    console.log('something to send')
    await agent.flush(1000)
    await agent.flush(1000)
    process.stdout.write(JSON.stringify(agent.recorder.aggregates.collect(Date.now())))
    process.exit(0)`
  const { stdout } = await runProgram(program, { env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' } })
  expect(stdout).toContain('[]')
})
