import { expect, test } from 'vitest'
import type { Child, ChildKind } from '../../../agent/src/recorder/child.ts'
import { runInRequestContext } from '../../../agent/src/recorder/context.ts'
import { job } from '../../../agent/src/recorder/kinds/job.ts'
import { RunningSpans } from '../../../agent/src/recorder/running-spans.ts'
import { recording } from './fixture.ts'

/** The root and its latest children. */
const MAX_SPANS = 32

function runningWith(children: number) {
  const { recorder } = recording()
  let made = 0
  const step: ChildKind<object> = { name: 'step', span: () => ({ name: `step ${++made}`, kind: 1 }) }
  const record = recorder.beginRoot(job, { system: 'node-cron', name: 'nightly' })
  const start = (): Child => runInRequestContext(record.requestContext, () => recorder.startChild(step, {}))
  const spans = new RunningSpans(recorder.running)
  return {
    record,
    start,
    spans,
    started: Array.from({ length: children }, start),
    /** How many spans of children were made by `run`. */
    made: (run: () => unknown): number => {
      const before = made
      run()
      return made - before
    },
  }
}

test('of a request with many children the latest are given, and only these are made into spans', () => {
  const { spans, made } = runningWith(200)
  expect(made(() => expect(spans.spans(true)).toHaveLength(MAX_SPANS))).toBe(MAX_SPANS - 1)
})

test('what has ended is made into a span once, what runs each time', () => {
  const { spans, made, started, start } = runningWith(40)
  for (const child of started.slice(0, -1)) child.end()
  const first = spans.spans(true)
  expect(made(() => expect(spans.spans(true)?.slice(1, -1)).toEqual(first?.slice(1, -1)))).toBe(1)
  started.at(-1)?.end()
  start()
  expect(made(() => spans.spans(false))).toBe(2)
  expect(made(() => spans.spans(false))).toBe(1)
})

test('when the process ends, requests that have just begun are given as well', () => {
  const { recorder } = recording()
  for (const name of ['first', 'second', 'third']) recorder.beginRoot(job, { system: 'node-cron', name })
  expect(new RunningSpans(recorder.running).spans(true, true)).toHaveLength(3)
})

test('a root of which nothing new is known is made into a span once, and its end goes on', () => {
  const { recorder } = recording()
  let made = 0
  const counted: typeof job = { ...job, attributes: (...of) => (made++, job.attributes(...of)) }
  const record = recorder.beginRoot(counted, { system: 'node-cron', name: 'nightly' })
  const spans = new RunningSpans(recorder.running)
  const root = (): Buffer => Buffer.from(spans.spans(true)?.[0]?.bytes ?? '')
  const first = root()
  let later = root()
  while (later.equals(first)) later = root()
  expect([made, later.length]).toEqual([1, first.length])
  const changed = [...first.keys()].filter((at) => first[at] !== later[at])
  expect((changed.at(-1) ?? 0) - (changed[0] ?? 0)).toBeLessThan(8)
  record.routeTemplate = 'nightly'
  expect([root().includes('nightly'), made]).toEqual([true, 2])
  record.rootAttributes().set('tenant', 'shop')
  expect([root().includes('tenant'), made]).toEqual([true, 3])
  record.addition().name = 'renamed'
  expect([root().includes('renamed'), made]).toEqual([true, 4])
  record.error = new RangeError('broken')
  expect([root().includes('RangeError'), root().includes('RangeError'), made]).toEqual([true, true, 6])
})
