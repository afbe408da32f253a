import { expect, test } from 'vitest'
import type { LogRecord } from '@spyglass/agent/otlp'
import type { PprofProfile } from '../../../agent/src/profile/folded-stacks.ts'
import { RequestProfiles, type WallProfiler } from '../../../agent/src/profile/request-profiles.ts'
import { toEpochMs } from '../../../agent/src/recorder/clock.ts'
import { RequestContext } from '../../../agent/src/recorder/context.ts'
import { job } from '../../../agent/src/recorder/kinds/job.ts'
import { TraceRecord } from '../../../agent/src/recorder/trace-record.ts'

/** A window's samples, one each 10 ms: the context that it was taken in, and the milliseconds of wall time that it stands for. */
type Samples = readonly (readonly [context: unknown, ms: number, name?: string])[]

/** The process's clock at the first sample: neither so long ago that it is forgotten, nor so soon that it follows another. */
const FROM_MS = Math.floor(performance.now()) + 10_000

function profiling() {
  let samples: Samples = []
  const entered: object[] = []
  const profiler: WallProfiler = {
    start() {},
    setContext: (context) => void entered.push(context),
    stop: (_restart, labels = () => ({})) =>
      profileOf(
        samples.map(([context, ms, name], i) => ({
          labels: labels({ context: { context, timestamp: toEpochMs(FROM_MS + 10 * (i + 1)) * 1000 } }),
          ms,
          name,
        })),
      ),
  }
  const sent: LogRecord[] = []
  const profiles = new RequestProfiles(profiler, { exportLogs: (records) => void sent.push(...records) }, '/app')
  const turn = (...window: Samples): void => {
    samples = window
    profiles.turn()
  }
  return { profiles, sent, turn, entered }
}

interface ProfiledSample {
  readonly labels: Record<string, number>
  readonly ms: number
  readonly name: string | undefined
}

function profileOf(samples: readonly ProfiledSample[]): PprofProfile {
  const strings = ['', 'sample', 'work', '/app/a.js', 'Garbage Collection']
  return {
    stringTable: { strings },
    function: [
      { id: 1, name: 2, filename: 3 },
      { id: 2, name: 4, filename: 0 },
    ],
    location: [
      { id: 1, line: [{ functionId: 1, line: 7 }] },
      { id: 2, line: [{ functionId: 2, line: 0 }] },
    ],
    sample: samples.map(({ labels, ms, name }) => ({
      locationId: [name === undefined ? 1 : 2],
      value: [1, ms * 1e6, 0],
      label: Object.values(labels).map((num) => ({ key: 1, num })),
    })),
  }
}

function begun(): TraceRecord {
  const requestContext = new RequestContext(undefined)
  const record = new TraceRecord(1000, requestContext, job, { system: 'test', name: 'nightly' })
  requestContext.record = record
  return record
}

/** As the recorder ends it. */
function end(record: TraceRecord, profiles?: RequestProfiles): void {
  record.endMs = 1500
  profiles?.kept(record)
  record.requestContext.record = undefined
}

test('a kept request has the samples of all windows that it ran in, and no others', () => {
  const { profiles, sent, turn } = profiling()
  const [one, other] = [begun(), begun()]
  turn([one.requestContext, 10], [other.requestContext, 20], [undefined, 500], [{}, 500])
  end(one, profiles)
  turn([one.requestContext, 30], [other.requestContext, 40])
  expect(sent).toMatchObject([
    {
      eventName: 'spyglass.profile',
      traceId: one.traceId,
      spanId: one.spanId,
      body: 'work (a.js:7) 40000',
      attributes: { 'spyglass.profile.ms': 40, 'spyglass.profile.of_ms': 500 },
    },
  ])
})

test('what ended without being kept is forgotten', () => {
  const { profiles, sent, turn } = profiling()
  const record = begun()
  turn([record.requestContext, 10])
  end(record)
  turn([record.requestContext, 10])
  profiles.kept(record) // too late
  turn()
  expect(sent).toEqual([])
})

test('the request itself is the context, also within contexts that the application makes', () => {
  const { profiles, entered } = profiling()
  const { requestContext } = begun()
  profiles.entered(new RequestContext(undefined, requestContext))
  expect(entered).toEqual([requestContext])
})

test('who ran when is known of the last turn: samples of one place are one piece, and neither idle ones nor the collector are work', () => {
  const { profiles, turn } = profiling()
  const [one, other] = [begun(), begun()]
  end(other)
  other.requestContext.ended = 'GET /report'
  turn(
    [one.requestContext, 10],
    [one.requestContext, 10],
    [undefined, 0],
    [other.requestContext, 10],
    [other.requestContext, 10, 'gc'],
    [undefined, 10],
  )
  const since = (ms: number): number => Math.round(ms) - FROM_MS
  const pieces = profiles
    .workSince(0)
    .map(({ startMs, endMs, location, request }) => [since(startMs), since(endMs), location, request?.name, request?.traceId])
  expect(pieces).toEqual([
    [0, 20, 'a.js:7', 'run', one.traceId],
    [30, 40, 'a.js:7', 'GET /report', undefined],
    [50, 60, 'a.js:7', undefined, undefined],
  ])
  expect(profiles.workSince(FROM_MS + 45)).toHaveLength(1)
})
