import { expect, test } from 'vitest'
import { LoopTimeline } from '../../../agent/src/runtime-metrics/loop-timeline.ts'

function timeline() {
  const at = { ms: 0, idleMs: 0 }
  const line = new LoopTimeline({ now: () => at.ms, idleMs: () => at.idleMs })
  /** Time passes, of which the loop was idle so much. */
  const pass = (ms: number, idleMs: number): void => {
    at.ms += ms
    at.idleMs += idleMs
  }
  return { line, pass }
}

test('a look tells how busy the loop was since the one before', () => {
  const { line, pass } = timeline()
  pass(100, 70)
  line.look(true)
  pass(100, 100)
  line.look(true)
  expect(line.since(0)).toEqual([
    { startMs: 0, endMs: 100, busyMs: 30, blockedFromMs: undefined },
    { startMs: 100, endMs: 200, busyMs: 0, blockedFromMs: undefined },
  ])
  expect(line.since(150)).toHaveLength(1)
})

test('a look that comes late tells since when the loop was blocked, also when it is not the timer that looks', () => {
  const { line, pass } = timeline()
  pass(400, 60)
  line.look()
  expect(line.since(0)).toEqual([{ startMs: 0, endMs: 400, busyMs: 340, blockedFromMs: 60 }])
})

test('what is remembered is bounded', () => {
  const { line, pass } = timeline()
  for (let look = 0; look < 3000; look++) {
    pass(100, 100)
    line.look(true)
  }
  const stretches = line.since(0)
  expect(stretches.length).toBeLessThan(1500)
  expect(stretches.at(-1)).toMatchObject({ startMs: 299_900, endMs: 300_000 })
})
