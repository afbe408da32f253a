import { expect, test } from 'vitest'
import { BeatWatch } from '../../../agent/src/blocked-loop/beat-watch.ts'
import { Beats } from '../../../agent/src/blocked-loop/beats.ts'

/** What is told at each look: the count of the main thread, and when. */
function looks(watch: BeatWatch, ...at: readonly (readonly [count: number, ms: number])[]) {
  return at.map(([count, ms]) => watch.look(count, ms))
}

test('a count that stands still is a blocked loop, told at the limit, and again whenever it has lasted for a quarter longer', () => {
  const watch = new BeatWatch(200)
  const told = (count: number, fromMs: number, toMs: number): number[] => {
    const found: number[] = []
    for (let ms = fromMs; ms <= toMs; ms += 50) {
      const blockedMs = watch.look(count, ms)
      if (blockedMs !== undefined) found.push(blockedMs)
    }
    return found
  }
  expect(told(1, 0, 150)).toEqual([])
  expect(told(2, 200, 1200)).toEqual([250, 350, 450, 600, 800])
  expect(told(3, 1250, 1600)).toEqual([250, 350])
})

test('a loop that turns is not blocked', () => {
  const watch = new BeatWatch(200)
  const told = Array.from({ length: 100 }, (_, i) => watch.look(i, i * 50))
  expect(told.every((one) => one === undefined)).toBe(true)
})

test('a helper that was late itself starts again: the whole process waited', () => {
  const watch = new BeatWatch(200)
  expect(looks(watch, [1, 0], [1, 50], [1, 5000], [1, 5050])).toEqual([undefined, undefined, undefined, undefined])
})

test('both threads see one count, and whether somebody debugs', () => {
  const main = new Beats()
  const helper = new Beats(main.memory)
  main.beat(false)
  main.beat(false)
  expect([helper.count, helper.isDebugged]).toEqual([2, false])
  main.beat(true)
  expect([helper.count, helper.isDebugged]).toEqual([3, true])
})
