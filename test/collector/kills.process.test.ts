import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeOtlp } from '../support/otlp-proto.ts'
import { type CollectorProcess, startCollector } from '../support/collector-process.ts'
import { freePort } from '../support/free-port.ts'
import { repetitions } from '../support/repetitions.ts'
import { newDataFolder, removeFolder, startStore, type StoreProcess } from '../support/store-process.ts'
import { until } from '../support/until.ts'

const KILLS = repetitions(10)
const SPANS = 50

let store: StoreProcess
let collector: CollectorProcess
const data = newDataFolder()

beforeAll(async () => {
  store = await startStore({ data })
  collector = await startCollector({
    data,
    storePort: store.port,
    port: await freePort(),
    collector: { sealTracesMs: 300, sealOthersMs: 300 },
  })
})

afterAll(async () => {
  await collector.kill('SIGKILL')
  await store.kill('SIGKILL')
  removeFolder(data)
})

/** A request of server spans that is sent until it is acknowledged. */
class Sender {
  readonly acknowledged = new Set<string>()
  isStopped = false

  async run(): Promise<void> {
    while (!this.isStopped) {
      const ids = Array.from({ length: SPANS }, () => randomBytes(8))
      const now = String(BigInt(Date.now()) * 1_000_000n)
      const spans = ids.map((spanId) => ({
        traceId: randomBytes(16),
        spanId,
        name: 'GET /',
        kind: 2,
        startTimeUnixNano: now,
        endTimeUnixNano: now,
      }))
      await this.#sendUntilTaken(encodeOtlp('Traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] }))
      for (const id of ids) this.acknowledged.add(id.toString('hex'))
    }
  }

  async #sendUntilTaken(body: Buffer): Promise<void> {
    const headers = { 'content-type': 'application/x-protobuf' }
    for (;;) {
      const isTaken = await fetch(`${collector.url}/v1/traces`, { method: 'POST', headers, body: new Uint8Array(body) }).then(
        async (response) => (await response.arrayBuffer(), response.ok),
        () => false,
      )
      if (isTaken) return
      await delay(20)
    }
  }
}

const ask = async (sql: string): Promise<string> => (await store.ask(`${sql} FORMAT TabSeparated`)).text.trim()

test(`${KILLS} kills of the collector under a sender that repeats lose nothing acknowledged and double nothing`, async () => {
  const senders = Array.from({ length: 3 }, () => new Sender())
  const running = senders.map((sender) => sender.run())
  let slowestMs = 0
  for (let kill = 0; kill < KILLS; kill++) {
    await delay(200 + Math.random() * 600)
    await collector.kill('SIGKILL')
    const down = performance.now()
    collector = await startCollector({
      data,
      storePort: store.port,
      port: collector.port,
      collector: { sealTracesMs: 300, sealOthersMs: 300 },
    })
    slowestMs = Math.max(slowestMs, performance.now() - down)
  }
  for (const sender of senders) sender.isStopped = true
  await Promise.all(running)
  const acknowledged = new Set(senders.flatMap((sender) => [...sender.acknowledged]))
  await until(async () => Number(await ask('SELECT count() FROM spyglass.otel_traces')) >= acknowledged.size)
  await until(async () => Number(await ask('SELECT sum(Requests) FROM spyglass.red_1m')) >= acknowledged.size)

  const stored = (await ask('SELECT SpanId FROM spyglass.otel_traces')).split('\n')
  const found = new Set(stored)
  expect([...acknowledged].filter((id) => !found.has(id))).toEqual([])
  expect(stored.length).toBe(found.size)
  expect(Number(await ask('SELECT sum(Requests) FROM spyglass.red_1m'))).toBe(stored.length)
  expect(Number(await ask('SELECT count() FROM spyglass.otel_traces_trace_id_ts'))).toBe(stored.length)
  if (repetitions(1) > 1) expect(slowestMs).toBeLessThan(5000) // in the soak, where the machine has nothing else to do
})
