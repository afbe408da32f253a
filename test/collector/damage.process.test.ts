import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { spawnCollector, startCollector } from '../support/collector-process.ts'
import { freePort } from '../support/free-port.ts'
import { encodeOtlp } from '../support/otlp-proto.ts'
import { newDataFolder, removeFolder, startStore } from '../support/store-process.ts'
import { until } from '../support/until.ts'

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean()
})

/** The same body each time for a name. */
const started = String(BigInt(Date.now()) * 1_000_000n)
function body(name: string): Uint8Array<ArrayBuffer> {
  const spans = [
    {
      traceId: Buffer.alloc(16, 1),
      spanId: Buffer.from(name.padEnd(8)),
      name,
      kind: 2,
      startTimeUnixNano: started,
      endTimeUnixNano: started,
    },
  ]
  return new Uint8Array(encodeOtlp('Traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] }))
}

async function send(url: string, name: string): Promise<number> {
  const headers = { 'content-type': 'application/x-protobuf' }
  return (await fetch(`${url}/v1/traces`, { method: 'POST', headers, body: body(name) })).status
}

test('a flipped byte of the fourth of five acknowledged requests costs that one alone, is reported, and its repeat is stored', async () => {
  const data = newDataFolder()
  cleanups.push(() => removeFolder(data))
  const storePort = await freePort()
  const alone = await spawnCollector({ data, storePort })
  cleanups.push(async () => await alone.kill('SIGKILL'))
  await until(async () => (await fetch(`${alone.url}/ready`)).ok)
  for (const name of ['c0', 'c1', 'c2', 'c3', 'c4']) expect(await send(alone.url, name)).toBe(200)
  await alone.kill('SIGKILL')

  const segment = readdirSync(join(data, 'wal')).find((name) => /^[0-9a-f]{12}-/.test(name)) as string
  const file = join(data, 'wal', segment, 'otel_traces.native')
  const bytes = readFileSync(file)
  const at = bytes.indexOf('c3')
  bytes[at]! ^= 1
  writeFileSync(file, bytes)

  const store = await startStore({ data, port: storePort })
  cleanups.push(async () => await store.kill('SIGKILL'))
  const collector = await startCollector({ data, storePort, collector: { sealTracesMs: 100, sealOthersMs: 100 } })
  cleanups.push(async () => await collector.kill('SIGKILL'))
  const ask = async (sql: string): Promise<string> => (await store.ask(`${sql} FORMAT TabSeparated`)).text.trim()
  await until(
    async () => (await ask('SELECT arraySort(groupArray(SpanName)) FROM spyglass.otel_traces')) === "['c0','c1','c2','c4']",
    30_000,
  )
  await until(async () => (await ask('SELECT sum(Requests) FROM spyglass.red_1m')) === '4')
  await until(
    async () =>
      (await ask("SELECT Attributes['acknowledgedRequestsLost'] FROM spyglass.events WHERE Name = 'spyglass.segment.damaged'")) === '1',
    30_000,
  )
  expect(collector.output()).toMatch(/"requestsLost":1,.*"msg":"write-ahead log damaged"/)
  expect(readdirSync(join(data, 'wal', 'quarantine', `${segment}.damaged`))).toContain('otel_traces.native')

  expect(await send(collector.url, 'c3')).toBe(200)
  expect(await send(collector.url, 'c4')).toBe(200)
  await until(
    async () => (await ask('SELECT arraySort(groupArray(SpanName)) FROM spyglass.otel_traces')) === "['c0','c1','c2','c3','c4']",
    30_000,
  )
  await until(async () => (await ask('SELECT sum(Requests) FROM spyglass.red_1m')) === '5')
})
