import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type LogRecord, ProtobufWriter, encodeRequest, writeLog } from '@spyglass/agent/otlp'
import { type DecodedLog, decodeLogs, plainAttributes, plainValue } from '../../support/otlp-definitions.ts'

function decoded(logs: readonly LogRecord[]): readonly DecodedLog[] {
  const writer = new ProtobufWriter()
  const records = logs.map((log) => {
    writeLog(writer, log)
    return { bytes: writer.take(), scope: undefined }
  })
  const body = encodeRequest(writer, records, { resource: {}, scope: { name: 's' } })
  return decodeLogs(body).resourceLogs[0]?.scopeLogs[0]?.logRecords ?? []
}

test('what a protobuf reader finds in a log record is what it said', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1 })
  const log = fc.record({
    timeMs: fc.nat({ max: 4_000_000_000_000 }),
    severityNumber: fc.integer({ min: 1, max: 24 }),
    severityText: text,
    body: fc.string({ unit: 'grapheme' }),
    eventName: text,
    attributes: fc.dictionary(fc.string(), text, { noNullPrototype: true }),
  })
  fc.assert(
    fc.property(log, (record) => {
      const [read] = decoded([{ ...record, traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) }])
      expect(read).toMatchObject({ traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), flags: 1 })
      expect({
        timeMs: Number(BigInt(read?.timeUnixNano ?? 0) / 1_000_000n),
        severityNumber: read?.severityNumber,
        severityText: read?.severityText,
        body: read && plainValue(read.body),
        eventName: read?.eventName,
        attributes: plainAttributes(read ?? {}),
      }).toEqual(record)
      expect(read?.observedTimeUnixNano).toBe(read?.timeUnixNano)
    }),
    { numRuns: 200 },
  )
})

test('a record outside of any request has no trace and no flags', () => {
  const [read] = decoded([{ timeMs: 1, severityNumber: 9, body: 'x' }])
  expect(read).not.toHaveProperty('traceId')
  expect(read).not.toHaveProperty('flags')
})
