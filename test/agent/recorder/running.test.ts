import { array, assert, nat, property } from 'fast-check'
import { expect, test } from 'vitest'
import { RequestContext } from '../../../agent/src/recorder/context.ts'
import { manualRoot } from '../../../agent/src/recorder/kinds/manual-root.ts'
import { RunningRecords } from '../../../agent/src/recorder/running.ts'
import { TraceRecord } from '../../../agent/src/recorder/trace-record.ts'

const record = (startMs: number) => new TraceRecord(startMs, new RequestContext(undefined), manualRoot, {})

test('records leave in any order, and those that stay keep theirs', () => {
  assert(
    property(array(nat({ max: 30 }), { maxLength: 60 }), (removals) => {
      const running = new RunningRecords()
      const records = Array.from({ length: 30 }, (_, at) => record(at))
      for (const one of records) running.add(one)
      for (const at of removals) {
        const one = records[at]
        if (one) running.remove(one)
      }
      const left = records.filter((_, at) => !removals.includes(at))
      expect([...running.olderThan(100)]).toEqual(left)
      expect(running.size).toBe(left.length)
    }),
  )
})

test('only those that began before are given', () => {
  const running = new RunningRecords()
  for (const startMs of [1, 2, 3]) running.add(record(startMs))
  expect([...running.olderThan(2)].map(({ startMs }) => startMs)).toEqual([1, 2])
})
