import { expect, test } from 'vitest'
import type { LogRecord } from '@spyglass/agent/otlp'
import type { PprofProfile } from '../../../agent/src/profile/folded-stacks.ts'
import { RequestProfiles, type WallProfiler } from '../../../agent/src/profile/request-profiles.ts'
import { RequestContext } from '../../../agent/src/recorder/context.ts'
import { job } from '../../../agent/src/recorder/kinds/job.ts'
import { TraceRecord } from '../../../agent/src/recorder/trace-record.ts'

/** A window's samples: the context that each was taken in, and the milliseconds that it stands for. */
type Samples = readonly (readonly [context: unknown, ms: number])[]

function profiling() {
  let samples: Samples = []
  const entered: object[] = []
  const profiler: WallProfiler = {
    start() {},
    setContext: (context) => void entered.push(context),
    stop: (_restart, labels) => profileOf(samples.map(([context, ms]) => ({ labels: labels({ context: { context } }), ms }))),
  }
  const sent: LogRecord[] = []
  const profiles = new RequestProfiles(profiler, { exportLogs: (records) => void sent.push(...records) }, '/app')
  const turn = (...window: Samples): void => {
    samples = window
    profiles.turn()
  }
  return { profiles, sent, turn, entered }
}

function profileOf(samples: readonly { readonly labels: Record<string, number>; readonly ms: number }[]): PprofProfile {
  return {
    stringTable: { strings: ['', 'request', 'work', '/app/a.js'] },
    function: [{ id: 1, name: 2, filename: 3 }],
    location: [{ id: 1, line: [{ functionId: 1, line: 7 }] }],
    sample: samples.map(({ labels, ms }) => ({
      locationId: [1],
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
