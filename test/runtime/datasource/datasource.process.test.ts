import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Agent, currentAgent, installAgent } from '@spyglass/agent'
import { expect, test } from 'vitest'
import { systemClock } from '../../../runtime/src/clock/clock.ts'
import { openShop, turns } from './fixture.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

test('a connection that was garbage-collected unreturned is a proven leak and reclaimed at once', async () => {
  await using pool = await openShop({ max: 1 }, systemClock)
  async function forget(): Promise<void> {
    const connection = await pool.shop.connect()
    await connection.query('SELECT 1')
  }
  await forget()
  expect(pool.read('activeConnections')).toBe(1)
  const waiting = pool.shop.query('SELECT 2 AS two')
  for (let i = 0; i < 100 && pool.events.length === 0; i++) {
    collectGarbage()
    await turns(2)
  }
  expect(await waiting).toEqual([{ two: 2 }])
  expect(pool.events).toMatchObject([{ name: 'spyglass.pool.leak', attributes: { collected: true } }])
  expect(pool.events[0]?.holders?.[0]?.location).toContain('datasource.process.test.ts')
  expect(pool.read('leaks')).toBe(1)
  expect(pool.read('leakedNow')).toBe(0)
})

test('320 of 320 statements of 160 requests over two connections land in their own request, with the line that called', async () => {
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = 'http://127.0.0.1:9'
  await import('@spyglass/agent/register')
  const real = currentAgent()
  if (!real) throw new TypeError('the agent did not start')
  const seen: { text: string; traceId: string | undefined; location: string }[] = []
  const observed: Agent = {
    registry: real.registry,
    captureCallSite: (calledFrom) => real.captureCallSite(calledFrom),
    currentRequest: () => real.currentRequest(),
    observeRequest: (observer) => real.observeRequest(observer),
    countRefused() {},
    attribute() {},
    sendJob: (input) => real.sendJob(input),
    processJob: (input, fn) => real.processJob(input, fn),
    configure() {},
    profile: (options) => real.profile(options),
    markLeak: () => real.markLeak(),
    requestCounters: () => real.requestCounters(),
    runningRequests: () => real.runningRequests(),
    cancelRequest: (id) => real.cancelRequest(id),
    signal: () => real.signal(),
    startPoolWait: (input) => real.startPoolWait(input),
    flush: (timeoutMs) => real.flush(timeoutMs),
    startStatement(input, calledFrom) {
      seen.push({ text: input.text, traceId: real.currentRequest()?.traceId, location: input.callSite?.location() ?? '' })
      return real.startStatement(input, calledFrom)
    },
  }
  installAgent(observed)
  await using pool = await openShop({ max: 2, maxWaiting: 1000 }, systemClock)
  const traces = new Map<string, string>()
  const server = createServer((request, response) => {
    const n = request.url?.slice(1) ?? ''
    traces.set(n, real.currentRequest()?.traceId ?? '')
    const answer = async (): Promise<void> => {
      await pool.shop.query(`SELECT ${n} AS first`)
      await pool.shop.query(`SELECT ${n} AS second`)
      response.end()
    }
    void answer()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await Promise.all(Array.from({ length: 160 }, async (_, n) => (await fetch(`http://127.0.0.1:${port}/${n}`)).text()))
  server.closeAllConnections()
  server.close()
  installAgent(real)
  expect(seen).toHaveLength(320)
  expect(new Set(traces.values()).size).toBe(160)
  const own = seen.filter(({ text, traceId }) => traces.get(/\d+/.exec(text)?.[0] ?? '') === traceId)
  expect(own).toHaveLength(320)
  expect(seen.filter(({ location }) => location.startsWith('test/runtime/datasource/datasource.process.test.ts:'))).toHaveLength(320)
})
