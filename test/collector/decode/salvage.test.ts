import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeOf } from '@spyglass/agent/contract'
import { ProtoReader } from '../../../collector/src/decode/proto-reader.ts'
import { OtlpDecoder, type Signal } from '../../../collector/src/decode/decoder.ts'
import { readNative } from '../../support/native.ts'
import { encodeOtlp } from '../../support/otlp-proto.ts'
import { NOW, WINDOW } from '../../support/otlp-samples.ts'

const decoder = new OtlpDecoder()
const time = `${NOW}000000`
const attributes = ['a', 'b'].map((key) => ({ key, value: { stringValue: key.repeat(9) } }))
const COUNT = 6

/** A request of six items of each signal, each named by its number, two to a scope and one scope to a resource. */
const requests: Readonly<Record<Signal, Buffer>> = {
  traces: request('Traces', ['resourceSpans', 'scopeSpans', 'spans'], (name) => ({ name, startTimeUnixNano: time, attributes })),
  logs: request('Logs', ['resourceLogs', 'scopeLogs', 'logRecords'], (name) => ({
    body: { stringValue: name },
    timeUnixNano: time,
    attributes,
  })),
  metrics: request('Metrics', ['resourceMetrics', 'scopeMetrics', 'metrics'], (name) => ({
    name,
    histogram: { dataPoints: [{ timeUnixNano: time, attributes, bucketCounts: ['1', '2'], explicitBounds: [1] }] },
  })),
}
const COLUMNS = {
  traces: ['otel_traces', 'SpanName'],
  logs: ['otel_logs', 'Body'],
  metrics: ['otel_metrics_histogram', 'MetricName'],
} as const

function request(
  message: 'Traces' | 'Logs' | 'Metrics',
  [resources, scopes, items]: readonly [string, string, string],
  item: (name: string) => object,
): Buffer {
  const groups = Array.from({ length: COUNT / 2 }, (_, i) => ({
    resource: { attributes },
    [scopes]: [{ scope: { name: 'lib' }, [items]: [item(`item-${i * 2}`), item(`item-${i * 2 + 1}`)] }],
  }))
  return encodeOtlp(message, { [resources]: groups })
}

/** The names of the items that were stored, and how many were rejected; the code of a request that was refused. */
function outcome(signal: Signal, body: Buffer): { names: string[]; rejected: number } | string {
  try {
    const { blocks, rejected } = decoder.decode(body, { signal, isJson: false, window: WINDOW })
    const [table, column] = COLUMNS[signal]
    const rows = blocks.filter((block) => block.table === table).flatMap((block) => readNative(block.encode('b')))
    return { names: rows.map((row) => String(row[column])), rejected }
  } catch (error) {
    return codeOf(error) ?? 'uncoded'
  }
}

const signals = ['traces', 'logs', 'metrics'] as const

test.each(signals)('of %s that end anywhere, the items before the end are kept', (signal) => {
  const body = requests[signal]
  for (let end = 0; end < body.length; end++) {
    const whole = Array.from({ length: COUNT }, (_, i) => `item-${i}`).filter((name) => end >= endOf(body, name))
    const found = outcome(signal, body.subarray(0, end))
    if (typeof found === 'string') expect([found, whole]).toEqual(['SPY_OTLP_MALFORMED', []])
    else expect(found.names, `cut at ${end}`).toEqual(expect.arrayContaining(whole))
  }
})

/** Where the resource that holds the item ends: what is cut off before has no known length. */
function endOf(body: Buffer, name: string): number {
  const group = Math.floor(Number(name.slice('item-'.length)) / 2)
  return groupsOf(body)[group]?.end ?? body.length
}

test.each(signals)('of %s with one byte changed, the resources beside it are kept whole, and whatever becomes of its own', (signal) => {
  const good = requests[signal]
  const groups = groupsOf(good)
  fc.assert(
    fc.property(fc.nat(groups.length - 1), fc.nat(), fc.integer({ min: 1, max: 255 }), (group, offset, change) => {
      const { start, end } = groups[group] as { start: number; end: number }
      const body = Buffer.from(good)
      const at = start + (offset % (end - start))
      body[at] = (body[at] as number) ^ change
      const others = Array.from({ length: COUNT }, (_, i) => i).filter((i) => Math.floor(i / 2) !== group)
      const found = outcome(signal, body)
      expect(found).toMatchObject({ names: expect.arrayContaining(others.map((i) => `item-${i}`)) as string[] })
    }),
    { numRuns: 1000 },
  )
})

/** Where the content of each resource lies: behind its tag and its length. */
function groupsOf(body: Buffer): { start: number; end: number }[] {
  const reader = new ProtoReader(body)
  const groups: { start: number; end: number }[] = []
  while (reader.pos < body.length) {
    reader.varint()
    const end = reader.fieldEnd(body.length)
    groups.push({ start: reader.pos, end })
    reader.pos = end
  }
  return groups
}
