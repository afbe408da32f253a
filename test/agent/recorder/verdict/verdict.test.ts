import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { attr } from '@spyglass/agent/contract'
import { now } from '../../../../agent/src/recorder/clock.ts'
import { currentRecord, enterRequestContext, runInRequestContext } from '../../../../agent/src/recorder/context.ts'
import { HttpCall, httpCall } from '../../../../agent/src/recorder/kinds/http-call.ts'
import { job } from '../../../../agent/src/recorder/kinds/job.ts'
import { poolWait } from '../../../../agent/src/recorder/kinds/pool-wait.ts'
import { recordPoolWait } from '../../../../agent/src/recorder/record-pool-wait.ts'
import type { Recorder } from '../../../../agent/src/recorder/recorder.ts'
import { runRoot } from '../../../../agent/src/recorder/run-root.ts'
import { CapturedStack } from '../../../../agent/src/call-site/call-site.ts'
import type { VerdictCause } from '../../../../agent/src/recorder/cause.ts'
import type { LoopEvidence, LoopWork } from '../../../../agent/src/recorder/verdict/loop-evidence.ts'
import { Verdicts } from '../../../../agent/src/recorder/verdict/verdicts.ts'
import { recording } from '../fixture.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] })
  vi.advanceTimersByTime(1000)
})
afterEach(() => void vi.useRealTimers())

const pass = (ms: number): void => void vi.advanceTimersByTime(ms)
const NOTHING: LoopEvidence = { stretches: [], collections: [], work: [] }

/** What was said of a job that did this. */
function verdictOn(work: (recorder: Recorder) => void, evidence = NOTHING) {
  const verdicts = new Verdicts({ update() {}, since: () => evidence })
  const { recorder, spans } = recording({ verdicts })
  runInRequestContext(undefined, () => {
    const record = recorder.beginRoot(job, { system: 'test', name: 'work' })
    enterRequestContext(record.requestContext)
    work(recorder)
    recorder.endRoot(record)
  })
  expect(spans).toEqual([])
  verdicts.settle()
  const { [attr.verdict]: sentence, [attr.verdictCauses]: causes } = spans[0]?.attributes ?? {}
  return { sentence, causes: JSON.parse(String(causes)) as VerdictCause[], spans }
}

function ran(recorder: Recorder, text: string, ms: number, more: object = {}): void {
  const child = recorder.startStatement({ system: 'postgresql', pool: 'shop', text, ...more }, ran)
  pass(ms)
  child.end()
}

test('a statement that ran many times is told with their number, also of those that the record has no place for', () => {
  const { causes, sentence, spans } = verdictOn((recorder) => {
    for (let id = 0; id < 400; id++) {
      ran(recorder, `SELECT name FROM item WHERE id = ${id}`, 2)
      pass(1)
    }
  })
  expect(spans).toHaveLength(257)
  expect(causes).toMatchObject([
    { cause: 'statement', statement: 'SELECT name FROM item WHERE id = ?', count: 400, share: 0.667 },
    { cause: 'unknown', share: 0.333 },
  ])
  expect(sentence).toMatch(
    /^Statement SELECT name FROM item WHERE id = \? ran 400 times at test\/.*verdict\.test\.ts:\d+, 67 % of the time;/,
  )
})

test('what the record has no place for is divided when it overlaps', () => {
  const { causes } = verdictOn((recorder) => {
    for (let id = 0; id < 256; id++) ran(recorder, 'SELECT 1', 0)
    const [a, b] = ['SELECT a', 'SELECT b'].map((text) => recorder.startStatement({ system: 'postgresql', pool: 'shop', text }, undefined))
    pass(50)
    a?.end()
    b?.end()
  })
  expect(causes).toMatchObject([
    { statement: 'SELECT a', share: 0.5 },
    { statement: 'SELECT b', share: 0.5 },
  ])
})

test('a wait for a connection is told with the line that waited and the line that held it', () => {
  const { causes, sentence } = verdictOn((recorder) => {
    pass(70)
    ran(recorder, 'SELECT 1', 30, { waitMs: 70, heldBy: 'src/slow.ts:7' })
  })
  expect(causes).toMatchObject([
    { cause: 'pool_wait', peer: 'shop', heldBy: 'src/slow.ts:7', share: 0.7, count: 1 },
    { cause: 'statement', share: 0.3 },
  ])
  expect(causes[0]?.location).toMatch(/verdict\.test\.ts:\d+$/)
  expect(sentence).toMatch(/^Waiting for a connection of shop at \S+verdict\.test\.ts:\d+, held by src\/slow\.ts:7, 70 % of the time;/)
})

test('a wait that a child and its statement tell counts once', () => {
  const both = verdictOn((recorder) => {
    const askedMs = now()
    pass(50)
    recordPoolWait(recorder, { system: 'mysql', pool: 'shop' }, askedMs)
    ran(recorder, 'SELECT 1', 50, { waitMs: 50 })
  })
  expect(both.causes).toMatchObject([
    { cause: 'pool_wait', share: 0.5, count: 1 },
    { cause: 'statement', share: 0.5, count: 1 },
  ])
  const placed = verdictOn((recorder) => {
    const wait = recorder.startPoolWait({ system: 'mysql', pool: 'shop', callSite: new CapturedStack(verdictOn) })
    pass(60)
    wait.end()
    pass(20)
    ran(recorder, 'SELECT 1', 20, { waitMs: 60 })
  })
  expect(placed.causes).toMatchObject([{ cause: 'pool_wait', share: 0.6 }, { share: 0.2 }, { share: 0.2 }])
})

test('what the loop did is told where nothing was waited for', () => {
  const stretches = [{ startMs: 1000, endMs: 1080, busyMs: 60, blockedFromMs: 1020 }]
  const evidence = { stretches, collections: [{ startMs: 1060, endMs: 1080 }], work: [] }
  const { causes, sentence } = verdictOn((recorder) => {
    pass(80)
    ran(recorder, 'SELECT 1', 20)
  }, evidence)
  expect(causes.map(({ cause, share }) => [cause, share])).toEqual([
    ['event_loop', 0.4],
    ['garbage_collection', 0.2],
    ['statement', 0.2],
    ['unknown', 0.2],
  ])
  expect(sentence).toContain('Event loop busy, 40 % of the time; garbage collection, 20 %')
})

test('what still runs when a request is given up is what it waited for', () => {
  const { causes } = verdictOn((recorder) => {
    ran(recorder, 'SELECT 1', 10)
    recorder.startChild(httpCall, new HttpCall('GET', 'http://pay:80', '/'))
    pass(90)
    const record = currentRecord()
    if (record) record.aborted = true
  })
  expect(causes).toMatchObject([
    { cause: 'call', peer: 'GET http://pay:80', share: 0.9 },
    { cause: 'statement', share: 0.1 },
  ])
})

test('a fault while it is found out costs the verdict and not the record', () => {
  const verdicts = new Verdicts({
    update() {
      throw new Error('no')
    },
    since: () => undefined as never,
  })
  const { recorder, spans } = recording({ verdicts })
  runRoot(recorder, { kind: job, detail: { system: 'test', name: 'work' }, name: 'work' }, () => pass(10))
  verdicts.settle()
  expect(spans.map(({ name }) => name)).toEqual(['run work'])
  expect(spans[0]?.attributes).not.toHaveProperty(attr.verdict)
})

test('busy time is told with who ran; what a request waited for beyond its children is taken from it last', () => {
  const evidence = {
    stretches: [{ startMs: 1000, endMs: 1100, busyMs: 100, blockedFromMs: 1000 }],
    collections: [],
    work: [
      { startMs: 1000, endMs: 1060, request: { spanId: 'x', name: 'GET /report', traceId: 'y' }, location: 'src/report.ts:7' },
      { startMs: 1060, endMs: 1080, request: undefined, location: '' },
    ],
  }
  const { causes, sentence } = verdictOn(() => pass(100), evidence)
  expect(causes).toEqual([
    { cause: 'other_cpu', peer: 'GET /report', traceId: 'y', location: 'src/report.ts:7', share: 0.6, count: 1 },
    { cause: 'background_cpu', share: 0.2 },
    { cause: 'event_loop', share: 0.2 },
  ])
  expect(sentence).toBe(
    'CPU of another request (GET /report, trace y) at src/report.ts:7, 60 % of the time; CPU outside of requests, 20 %; event loop busy, 20 %.',
  )
})

/** A request of 100 ms in which the loop was busy, and a profiler that knows who ran when its samples are taken. */
function profiled(restMs: number) {
  const stretches = [{ startMs: 1000, endMs: 1100, busyMs: 100, blockedFromMs: 1000 }]
  let work: LoopWork[] = []
  let taken = 0
  const sampler = {
    restMs,
    take() {
      taken++
      work = [{ startMs: 1000, endMs: 1100, request: undefined, location: 'a.ts:1' }]
    },
  }
  const verdicts = new Verdicts({ update() {}, since: () => ({ stretches, collections: [], work }), profiler: () => sampler })
  const { recorder, spans } = recording({ verdicts })
  const run = (work: () => void): void => runRoot(recorder, { kind: job, detail: { system: 'test', name: 'work' }, name: 'work' }, work)
  return { run, verdicts, spans, taken: () => taken }
}
const immediate = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

test('a verdict that would say that the loop was busy waits for the samples of a profiler, others do not', async () => {
  const { run, spans, taken } = profiled(0)
  pass(200)
  run(() => pass(10)) // idle
  await immediate()
  expect([spans.length, taken()]).toEqual([1, 0])
})

test('samples are taken no sooner than the profiler likes, once for all that wait, and at once for a flush', async () => {
  const { run, spans, taken, verdicts } = profiled(100_000)
  run(() => pass(100))
  await immediate()
  expect([spans.length, taken()]).toEqual([0, 0])
  verdicts.settle()
  expect([spans.length, taken()]).toEqual([1, 1])
  expect(spans[0]?.attributes?.[attr.verdict]).toBe('CPU outside of requests at a.ts:1, 100 % of the time.')
})

test('a profiler that has rested gives its samples before the next turn of the loop', async () => {
  const { run, spans, taken } = profiled(0)
  run(() => pass(100))
  await immediate()
  expect([spans.length, taken()]).toEqual([1, 1])
})

test('shares always sum to one', () => {
  const step = fc.record({
    kind: fc.constantFrom('sql', 'call', 'wait'),
    name: fc.nat(12),
    start: fc.nat(4),
    length: fc.nat(20),
    ends: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 20 }), (steps, last) => {
      const { causes } = verdictOn((recorder) => {
        for (const { kind, name, start, length, ends } of steps) {
          pass(start)
          const child =
            kind === 'sql'
              ? recorder.startStatement({ system: 'postgresql', pool: 'shop', text: `SELECT c${name}`, waitMs: start }, undefined)
              : kind === 'call'
                ? recorder.startChild(httpCall, new HttpCall('GET', `http://peer${name}`, '/'))
                : recorder.startChild(poolWait, { system: 'postgresql', pool: `p${name}` })
          if (ends) child.end(undefined, now() + length)
        }
        pass(last)
      })
      expect(causes.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9)
      expect(causes.every(({ share }) => share > 0)).toBe(true)
      expect(causes.map(({ share }) => share)).toEqual(causes.map(({ share }) => share).toSorted((a, b) => b - a))
    }),
    { numRuns: 50 },
  )
})
