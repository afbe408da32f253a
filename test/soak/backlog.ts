/**
 * `npm run soak -- backlog`: a collector and a store beside eight busy loops, with fifty requests a second. Prints how old the newest
 * readable span was, and how many segments waited, before, during and after; fails when the age does not fall to normal within a minute.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { startCollector } from '../support/collector-process.ts'
import { encodeOtlp } from '../support/otlp-proto.ts'
import { newDataFolder, removeFolder, startStore } from '../support/store-process.ts'

const LOOPS = Number(process.env['SPYGLASS_SOAK_LOOPS'] ?? '8')
const REQUESTS_PER_SECOND = 50
const BEFORE_S = 20
const BUSY_S = Number(process.env['SPYGLASS_SOAK_SECONDS'] ?? '60')
const AFTER_S = 60
/** A segment with traces is sealed after a second; an insert and a reading take the rest. */
const NORMAL_AGE_S = 5
const MAX_PENDING = 10

interface Phase {
  readonly name: string
  maxAgeS: number
  lastAgeS: number
  maxPending: number
}

const data = newDataFolder()
const store = await startStore({ data })
const collector = await startCollector({ data, storePort: store.port })
let acknowledged = 0
let isSending = true

async function send(): Promise<void> {
  const now = Date.now()
  const spans = Array.from({ length: 5 }, (_, i) => ({
    traceId: randomBytes(16),
    spanId: randomBytes(8),
    name: `GET /shop/${i}`,
    kind: 2,
    startTimeUnixNano: String(BigInt(now) * 1_000_000n),
    endTimeUnixNano: String(BigInt(now + 3) * 1_000_000n),
    attributes: [{ key: 'http.route', value: { stringValue: `/shop/${i}` } }],
  }))
  const body = encodeOtlp('Traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] })
  const headers = { 'content-type': 'application/x-protobuf' }
  const response = await fetch(`${collector.url}/v1/traces`, { method: 'POST', headers, body: new Uint8Array(body) }).catch(() => undefined)
  await response?.arrayBuffer()
  if (response?.ok) acknowledged += spans.length
}

/** At a fixed rate, whatever the answers: a slow collector gets no rest. */
async function traffic(): Promise<void> {
  const began = performance.now()
  const underWay = new Set<Promise<void>>()
  for (let n = 0; isSending; n++) {
    const wait = began + (n * 1000) / REQUESTS_PER_SECOND - performance.now()
    if (wait > 0) await delay(wait)
    const one = send().finally(() => underWay.delete(one))
    underWay.add(one)
  }
  await Promise.all(underWay)
}

const ask = async (sql: string): Promise<number> => Number((await store.ask(`${sql} FORMAT TabSeparated`)).text)
/** The open segments of both kinds are in the folder too. */
const segments = (): number => readdirSync(join(data, 'wal')).filter((name) => /^[0-9a-f]{12}-/.test(name)).length

async function watch(name: string, seconds: number): Promise<Phase> {
  const phase: Phase = { name, maxAgeS: 0, lastAgeS: 0, maxPending: 0 }
  const end = performance.now() + seconds * 1000
  while (performance.now() < end) {
    await delay(500)
    phase.maxPending = Math.max(phase.maxPending, segments())
    const newest = await ask('SELECT toUnixTimestamp64Milli(max(Timestamp)) FROM spyglass.otel_traces')
    if (newest > 0) phase.lastAgeS = Math.round((Date.now() - newest) / 100) / 10
    phase.maxAgeS = Math.max(phase.maxAgeS, phase.lastAgeS)
  }
  process.stdout.write(`${JSON.stringify(phase)}\n`)
  return phase
}

const loops: ChildProcess[] = []
try {
  const sending = traffic()
  await watch('before', BEFORE_S)
  // each loop ends by itself as well, should this process be killed
  for (let i = 0; i < LOOPS; i++)
    loops.push(spawn(process.execPath, ['-e', `const end = Date.now() + ${BUSY_S * 1000}; while (Date.now() < end);`]))
  const busy = await watch('busy', BUSY_S)
  for (const loop of loops) loop.kill('SIGKILL')
  const after = await watch('after', AFTER_S)
  isSending = false
  await sending
  while ((await ask('SELECT count() FROM spyglass.otel_traces')) < acknowledged) await delay(200)
  const stored = await ask('SELECT count() FROM spyglass.otel_traces')
  const isGood = after.lastAgeS <= NORMAL_AGE_S && Math.max(busy.maxPending, after.maxPending) < MAX_PENDING && stored === acknowledged
  process.stdout.write(`${JSON.stringify({ soak: 'backlog', acknowledged, stored, isGood })}\n`)
  process.exitCode = isGood ? 0 : 1
} finally {
  for (const loop of loops) loop.kill('SIGKILL')
  collector.child.kill('SIGKILL')
  await once(collector.child, 'exit')
  await store.kill('SIGKILL')
  removeFolder(data)
}
