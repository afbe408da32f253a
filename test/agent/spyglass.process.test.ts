import { expect, test } from 'vitest'
import { runProgram, startApplication, sinkForTest } from '../support/agent-process.ts'
import { recorded } from '../support/instrumented.ts'

const SOURCE = new URL('../../agent/src/index.ts', import.meta.url).href

const forms = ['esm', 'cjs', 'tsx'] as const
const program = `
import { spyglass } from '@spyglass/agent'
declare const inRequest: (handler: () => unknown, path: string) => Promise<unknown>
async function main() {
  spyglass.attribute('tenant', 'nobody')
  await inRequest(async () => {
    spyglass.attribute('tenant', 'acme')
    await new Promise((resolve) => setImmediate(resolve))
    spyglass.attribute('user.id', 7)
    spyglass.attribute('http.request.method', 'FORGED')
    spyglass.attribute('session_token', 'zqz-secret')
  }, '/a')
  await inRequest(() => undefined, '/b')
}
`

test.each(forms)('an application says of a request who asks, and only that root span has it: %s', async (form) => {
  const { traces, sink } = await recorded(program, { form })
  const [first, second] = traces
  expect(first?.root.attributes).toMatchObject({
    'url.path': '/a',
    'http.request.method': 'GET',
    tenant: 'acme',
    'user.id': 7,
    session_token: '[redacted]',
  })
  expect(second?.root.attributes).not.toHaveProperty('tenant')
  expect(JSON.stringify(sink.points)).not.toContain('tenant')
  expect(JSON.stringify(sink.spans)).not.toContain('zqz')
})

test('without the agent the call does nothing', async () => {
  const call = `const { spyglass } = await import(${JSON.stringify(SOURCE)}); spyglass.attribute('tenant', 'acme'); console.log('done')`
  const { code, stdout, stderr } = await runProgram(call, { withAgent: false })
  expect([code, stdout, stderr]).toEqual([0, 'done\n', ''])
})

test('under the stock SDK they are on the local root', async () => {
  const sink = await sinkForTest()
  const application = startApplication('sdk-node.cjs', {
    withAgent: false,
    env: {
      SDK_NODE: new URL('../../agent/src/sdk-node/index.ts', import.meta.url).href,
      SPYGLASS_API: SOURCE,
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint,
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
    },
  })
  expect((await application.exited).code, application.stderr()).toBe(0)
  const failed = sink.spans.find(({ kind, attributes }) => kind === 2 && attributes['url.path'] === '/fail')
  expect(failed?.attributes).toMatchObject({ tenant: 'acme' })
})
