import { constants } from 'node:perf_hooks'
import { expect, test } from 'vitest'
import { GarbageCollections, MINOR_MARK_SWEEP } from '../../../agent/src/runtime-metrics/garbage-collections.ts'
import { until } from '../../support/until.ts'

const { NODE_PERFORMANCE_GC_MAJOR: MAJOR, NODE_PERFORMANCE_GC_MINOR: MINOR } = constants

test('collections count by kind and by type, which has both minor collectors', () => {
  const collections = new GarbageCollections()
  collections.add(MINOR, 10, 1)
  collections.add(MINOR_MARK_SWEEP, 20, 2)
  collections.add(MAJOR, 30, 40)
  expect(collections.ofKind(MINOR)).toEqual({ count: 1, timeMs: 1 })
  expect(collections.ofType('minor')).toEqual({ count: 2, timeMs: 3 })
  expect(collections.all()).toEqual({ count: 3, timeMs: 43 })
})

test('the part of each pause that lies within a time is what a request waited', () => {
  const collections = new GarbageCollections()
  collections.add(MINOR, 10, 5)
  collections.add(MAJOR, 20, 10)
  collections.add(MINOR, 50, 5)
  const within = (startMs: number, endMs: number) => collections.pausedWithin(startMs, endMs)
  expect([within(0, 100), within(12, 25), within(22, 24), within(30, 50), within(60, 70)]).toEqual([20, 8, 2, 0, 0])
})

test('pauses of long ago are forgotten, their totals are not', () => {
  const collections = new GarbageCollections()
  for (let at = 0; at < 10_000; at++) collections.add(MINOR, at * 2, 1)
  expect(collections.pausedWithin(0, 1000)).toBe(0)
  expect(collections.pausedWithin(19_000, 20_000)).toBe(500)
  expect(collections.ofKind(MINOR).count).toBe(10_000)
})

test('durations go out once, as v8js.gc.duration by v8js.gc.type', () => {
  const collections = new GarbageCollections(0)
  collections.add(MINOR, 10, 2)
  collections.add(MAJOR, 30, 40)
  const [metric] = collections.collect(1000)
  expect(metric).toMatchObject({ name: 'v8js.gc.duration', unit: 's', type: 'exponentialHistogram', temporality: 'delta' })
  expect(metric?.points.map(({ attributes }) => attributes?.['v8js.gc.type'])).toEqual(['minor', 'major'])
  expect(metric?.points).toMatchObject([
    { count: 1, max: 0.002 },
    { count: 1, max: 0.04 },
  ])
  expect(collections.collect(2000)).toEqual([])
})

test('what V8 collects is told to all who listen, until they stop', async () => {
  const collections = new GarbageCollections().observe()
  const heard: string[] = []
  const stop = collections.onCollected(() => heard.push('first'))
  collections.onCollected(() => heard.push('second'))
  const kept: unknown[] = []
  const allocate = () => {
    for (let index = 0; index < 200_000; index++) kept[index % 1000] = { index }
  }
  await until(() => (allocate(), heard.includes('first')))
  expect(heard).toContain('second')
  stop()
  const length = heard.length
  await until(() => (allocate(), heard.length > length))
  expect(heard.slice(length)).not.toContain('first')
})
