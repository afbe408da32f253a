import { expect, test } from 'vitest'
import { HeapWatch, memoryState, wasOutOfMemory } from '../../../agent/src/spool/memory-state.ts'

test('near the limit every look counts, however short ago the last one was; with room there is one in five milliseconds', () => {
  let [nowMs, heapUsed, looks] = [0, 0, 0]
  const watch = new HeapWatch(
    () => nowMs,
    () => {
      looks++
      return { heapUsed, heapLimit: 100 }
    },
  )
  let written = { heapUsed: 0, heapLimit: 100 }
  const collected = (used: number, afterMs: number): boolean => {
    nowMs += afterMs
    heapUsed = used
    const isFilling = watch.isFilling(written)
    if (isFilling) written = { heapUsed: used, heapLimit: 100 }
    return isFilling
  }
  expect([collected(10, 0), collected(75, 4), looks]).toEqual([false, false, 1])
  expect([collected(72, 1), collected(73, 0), collected(80, 0), collected(99, 0), looks]).toEqual([true, false, true, true, 5])
  expect([collected(30, 0), collected(90, 1), looks]).toEqual([false, false, 6])
})

test('memory was full when the heap or the container nearly was; without a limit there is none to reach', () => {
  const room = { heapUsed: 84, heapLimit: 100, rss: 84, rssLimit: 100 }
  expect([room, { ...room, heapUsed: 85 }, { ...room, rss: 85 }, { ...room, rss: 1e9, rssLimit: 0 }].map(wasOutOfMemory)).toEqual([
    false,
    true,
    true,
    false,
  ])
  expect(wasOutOfMemory(memoryState())).toBe(false)
})
