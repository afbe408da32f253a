import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Aggregates } from '../../../agent/src/aggregate/aggregates.ts'
import { createOtlpExporter, type OtlpRequest } from '../../../agent/src/otlp/exporter.ts'
import { Recorder } from '../../../agent/src/recorder/recorder.ts'
import { RunningSpans } from '../../../agent/src/recorder/running-spans.ts'
import { readSpool } from '../../../agent/src/spool/read-spool.ts'
import { Spool, type SpoolOptions } from '../../../agent/src/spool/spool.ts'
import { SpoolFile } from '../../../agent/src/spool/spool-file.ts'
import { decodeLogs, decodeMetrics, plainValue } from '../../support/otlp-definitions.ts'
import { type OtlpSink, startOtlpSink } from '../../support/otlp-sink.ts'
import { tempFolder } from '../../support/temp-folder.ts'

interface Told {
  readonly logs: unknown[]
  readonly counted: number
}

/** What a receiver that knows a repeated body makes of the requests. */
function told(requests: readonly OtlpRequest[]): Told {
  const bodies = new Map(requests.map((request) => [request.signal + request.body.toString('hex'), request]))
  const logs: unknown[] = []
  let counted = 0
  for (const { signal, body } of bodies.values()) {
    if (signal === 'logs')
      logs.push(
        ...decodeLogs(body).resourceLogs.flatMap(({ scopeLogs }) =>
          scopeLogs.flatMap(({ logRecords }) => logRecords.map((log) => plainValue(log.body))),
        ),
      )
    if (signal !== 'metrics') continue
    const metrics = decodeMetrics(body).resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
    const points = metrics.flatMap(({ exponentialHistogram }) => exponentialHistogram?.dataPoints ?? [])
    for (const { count } of points) counted += Number(count)
  }
  return { logs: logs.filter((body) => String(body).startsWith('line')).toSorted((a, b) => String(a).localeCompare(String(b))), counted }
}

function arrived(sink: OtlpSink, answered: readonly number[]): OtlpRequest[] {
  const took = sink.bodies.filter((_, at) => (answered[at] ?? 200) === 200)
  return took.map(({ path, body }) => ({ signal: path.slice('/v1/'.length) as OtlpRequest['signal'], body }))
}

function prepared(sink: OtlpSink, folder: string, maxBytes: number, times: Pick<SpoolOptions, 'now' | 'runDelay'> = {}) {
  const aggregates = new Aggregates(Date.now())
  const exporter = createOtlpExporter({ endpoint: sink.endpoint, resource: { 'service.name': 'shop' }, intervalMs: 1e9 })
  const policy = { slowRequestMs: 0, keptPerSecond: 5, baselinePerMinute: 0, slowStatementMs: 100, partialAfterMs: 5000 }
  const recorder = new Recorder({ aggregates, exporter, policy })
  const running = new RunningSpans(recorder.running)
  let clock = 0
  const now = times.now ?? ((): number => (clock += 1))
  const options = { folders: [folder], key: '0'.repeat(16), maxBytes, endpoint: sink.endpoint, exporter, aggregates, running }
  const spool = new Spool({ ...options, ...times, now })
  return { aggregates, exporter, spool, now }
}

const inFolder = (folder: string): Buffer[] => readdirSync(folder).map((name) => readFileSync(join(folder, name)))
const spooled = (folder: string): OtlpRequest[] => inFolder(folder).flatMap((bytes) => [...(readSpool(bytes)?.requests ?? [])])

type Step =
  | { readonly kind: 'log'; readonly length: number }
  | { readonly kind: 'request'; readonly route: number }
  | { readonly kind: 'collect' }
  | { readonly kind: 'send'; readonly status: number }

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('log' as const), length: fc.nat(1200) }),
  fc.record({ kind: fc.constant('request' as const), route: fc.nat(12) }),
  fc.record({ kind: fc.constant('collect' as const) }),
  fc.record({ kind: fc.constant('send' as const), status: fc.constantFrom(200, 200, 503) }),
)

test('at any moment collector and spool together hold everything recorded, each thing once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { minLength: 1, maxLength: 25 }), async (steps) => {
      const sink = await startOtlpSink()
      const folder = tempFolder()
      const { aggregates, exporter, spool, now } = prepared(sink, folder, 131_072)
      const lines: string[] = []
      const answered: number[] = []
      let counted = 0
      try {
        for (const step of steps) {
          if (step.kind === 'log') {
            const body = `line ${lines.length} ${'x'.repeat(step.length)}`
            lines.push(body)
            exporter.exportLogs([{ timeMs: 1, severityNumber: 9, body }])
          } else if (step.kind === 'request') {
            counted++
            aggregates.countRequest({ method: 'GET', route: `/${step.route}`, status: 200 }, 0.01, 1)
          } else if (step.kind === 'collect') {
            spool.collecting(() => exporter.exportMetrics(aggregates.collect(Date.now())))
          } else {
            const before = sink.bodies.length
            sink.answers.push({ status: step.status })
            await exporter.flush(2000)
            for (let at = before; at < sink.bodies.length; at++) answered.push(at === before ? step.status : 200)
            if (sink.bodies.length === before) sink.answers.pop()
          }
          spool.write(now())
          expect(told([...spooled(folder), ...arrived(sink, answered)])).toEqual({
            logs: lines.toSorted((a, b) => a.localeCompare(b)),
            counted,
          })
        }
      } finally {
        await exporter.stop(1)
        await sink.stop()
      }
    }),
    { numRuns: 60 },
  )
}, 60_000)

test('a body whose answer did not come back is in the spool byte for byte', async ({ onTestFinished }) => {
  const sink = await startOtlpSink()
  onTestFinished(() => sink.stop())
  const folder = tempFolder()
  const { exporter, spool, now } = prepared(sink, folder, 65_536)
  exporter.exportLogs([{ timeMs: 1, severityNumber: 9, body: 'line' }])
  sink.answers.push({ status: 503 })
  await exporter.flush(2000)
  exporter.exportLogs([{ timeMs: 1, severityNumber: 9, body: 'line after' }])
  spool.write(now())
  expect(spooled(folder).map(({ body }) => body.toString('hex'))[0]).toBe(sink.bodies[0]?.body.toString('hex'))
  await exporter.stop(1)
})

test('a data point in the spool is the one that would have been sent', async ({ onTestFinished }) => {
  const sink = await startOtlpSink()
  onTestFinished(() => sink.stop())
  await fc.assert(
    fc.asyncProperty(fc.array(fc.double({ min: 0, max: 1e5, noNaN: true }), { minLength: 1, maxLength: 20 }), async (seconds) => {
      const folder = tempFolder()
      const { aggregates, exporter, spool, now } = prepared(sink, folder, 65_536)
      for (const each of seconds) aggregates.countRequest({ method: 'GET', route: '/é', status: 500 }, each, 1)
      spool.write(now())
      const points = (bodies: readonly Buffer[]): unknown[] =>
        bodies.map((body) => {
          const metrics = decodeMetrics(body).resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
          return metrics.flatMap(({ name, exponentialHistogram }) =>
            (exponentialHistogram?.dataPoints ?? []).map((point) => ({ ...point, name, timeUnixNano: '' })),
          )
        })
      const before = points(spooled(folder).flatMap(({ signal, body }) => (signal === 'metrics' ? [body] : [])))
      exporter.exportMetrics(aggregates.collect(Date.now()))
      await exporter.flush(2000)
      expect(before).toEqual(points([sink.bodies.at(-1)?.body ?? Buffer.alloc(0)]))
      await exporter.stop(1)
    }),
    { numRuns: 20 },
  )
})

test('a folder that cannot be had costs nothing but the spool, and is tried again later', async ({ onTestFinished }) => {
  const sink = await startOtlpSink()
  onTestFinished(() => sink.stop())
  const { exporter, spool, now } = prepared(sink, '/proc/nowhere', 65_536)
  exporter.exportLogs([{ timeMs: 1, severityNumber: 9, body: 'line' }])
  spool.write(now())
  await exporter.flush(2000)
  expect(sink.logs.map(({ body }) => body)).toContain('line')
  spool.end(0)
  await exporter.stop(1)
})

test('when everything was sent nothing is left; otherwise the file is let go for readers', async ({ onTestFinished }) => {
  const sink = await startOtlpSink()
  onTestFinished(() => sink.stop())
  const [sent, left] = [tempFolder(), tempFolder()]
  for (const folder of [sent, left]) {
    const { exporter, spool } = prepared(sink, folder, 65_536)
    exporter.exportLogs([{ timeMs: 1, severityNumber: 9, body: 'line' }])
    if (folder === sent) await exporter.flush(2000)
    spool.end(0)
    await exporter.stop(1)
  }
  expect(readdirSync(sent).length + readdirSync(left).length).toBe(process.listenerCount('exit') > 1 ? 2 : 1)
  expect(readdirSync(left)[0]).toMatch(/\.spool\.ended$/)
})

/** Ages at which records are written by a process whose writes take `tookMs` each, of which it waits `waitedMs` for a processor. */
async function agesWhenWritten(tookMs: number, waitedMs: number): Promise<number[]> {
  const sink = await startOtlpSink()
  const folder = tempFolder()
  const appends = vi.spyOn(SpoolFile.prototype, 'append')
  const ages: number[] = []
  let [clock, delay, oldest, seen] = [0, 0, 0, 0]
  const now = (): number => {
    for (; seen < appends.mock.calls.length; seen++) {
      ages.push(clock - oldest)
      clock += tookMs
      delay += waitedMs
      oldest = clock
    }
    return clock
  }
  const { exporter, spool } = prepared(sink, folder, 1_048_576, { now, runDelay: () => delay })
  for (let n = 0; ages.length < 60 && n < 50_000; n++) {
    exporter.exportLogs([{ timeMs: 1, severityNumber: 9, body: 'line' }])
    clock += 5
  }
  appends.mockRestore()
  spool.end(0)
  await exporter.stop(1)
  await sink.stop()
  expect(ages).toHaveLength(60)
  return ages.slice(40)
}

test('a process that waits for a processor writes as often as others: what a kill takes is at most a tenth of a second old', async () => {
  for (const [tookMs, waitedMs] of [
    [90, 89.9],
    [8, 7.9],
    [8, 0],
  ] as const)
    expect(Math.max(...(await agesWhenWritten(tookMs, waitedMs))), `${tookMs} ms, ${waitedMs} ms waited`).toBeLessThanOrEqual(105)
})

test('a slow file system takes at most a tenth of the time', async () => {
  expect(Math.min(...(await agesWhenWritten(90, 0)))).toBeGreaterThanOrEqual(800)
})

test('a clock that the application replaced by one that tells no time, is used again when it does', () => {
  const folder = tempFolder()
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  onTestFinished(() => warned.mockRestore())
  let clock = 0
  const { exporter, spool } = prepared({ endpoint: 'http://127.0.0.1:9' } as OtlpSink, folder, 131_072, { now: () => clock })
  const record = (at: number): void => {
    clock = at
    exporter.exportLogs([{ timeMs: 1, severityNumber: 9, body: `line at ${at}` }])
    spool.note(clock)
  }
  for (const at of [1, Number.NaN, Number.NaN]) record(at)
  spool.write(clock)
  record(Number.NaN)
  record(1e6)
  spool.write(clock) // a timer does it
  record(1e6 + 60)
  expect(told(spooled(folder)).logs.at(-1)).toBe('line at NaN')
  expect(told(spooled(folder)).logs).toContain('line at 1000060')
  expect(warned).not.toHaveBeenCalled()
  spool.end(0)
})
