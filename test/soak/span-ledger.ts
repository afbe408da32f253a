/** A sender that repeats each span until it is acknowledged, and remembers those that were: what a store must hold, each once. */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

export interface SpanLedger {
  /** Trace ids that were acknowledged so far. */
  readonly acknowledged: readonly string[]
  /** Ends with the span in progress acknowledged, or given up after a while. */
  stop(): Promise<void>
}

const SERVICE = 'ledger'
const GIVE_UP_MS = 60_000

/** Sends about 50 spans a second, one after the other. */
export function startLedger(otlpUrl: string): SpanLedger {
  const acknowledged: string[] = []
  let until = Infinity
  const done = (async () => {
    while (until === Infinity) {
      const traceId = randomBytes(16).toString('hex')
      const body = bodyOf(traceId) // the same each time it is sent, as a real sender repeats it
      while (!(await send(otlpUrl, body))) {
        if (performance.now() > until) return
        await sleep(50)
      }
      acknowledged.push(traceId)
      await sleep(20)
    }
  })()
  return {
    acknowledged,
    async stop() {
      until = performance.now() + GIVE_UP_MS
      await done
    },
  }
}

async function send(otlpUrl: string, body: string): Promise<boolean> {
  try {
    const response = await fetch(`${otlpUrl}/v1/traces`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    await response.arrayBuffer()
    return response.ok
  } catch {
    return false
  }
}

/** An OTLP request with one span. */
export function bodyOf(traceId: string): string {
  const nano = `${Date.now()}000000`
  const span = { traceId, spanId: traceId.slice(16), name: SERVICE, kind: 2, startTimeUnixNano: nano, endTimeUnixNano: nano }
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: SERVICE } }] }
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] })
}

/** SQL that counts the ledger's spans in the store: those that are there, and how often in all. */
export const countSql = `SELECT TraceId AS id, count() AS n FROM spyglass.otel_traces WHERE ServiceName = '${SERVICE}' GROUP BY TraceId`
