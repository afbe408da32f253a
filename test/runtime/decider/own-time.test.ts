import { expect, test } from 'vitest'
import { OwnTime, type TimeSample } from '../../../runtime/src/decider/own-time.ts'

/** Reads once a second for so many seconds; `per` says what each second adds. */
function after(seconds: number, per: Partial<TimeSample>, stepMs = 1000): OwnTime {
  let now = 0
  let second = 0
  const sample = (): TimeSample => ({
    state: per.state ?? 'S',
    cpuMs: (per.cpuMs ?? 0) * second,
    runDelayMs: (per.runDelayMs ?? 0) * second,
  })
  const time = new OwnTime(1, { sample, now: () => now })
  for (second = 1; second <= seconds; second++) {
    now += stepMs
    time.read()
  }
  return time
}

test.for([
  ['sleeps', { state: 'S' }, 30],
  ['was stopped', { state: 'T' }, 30],
  ['spins on a free machine', { state: 'R', cpuMs: 1000 }, 30],
  ['spins and gets a fifth of a processor', { state: 'R', cpuMs: 200, runDelayMs: 800 }, 6],
  ['gets no processor at all', { state: 'R', runDelayMs: 1000 }, 0],
  ['waits with several threads for a processor', { state: 'S', runDelayMs: 4000 }, 0],
  ['waits for the disk', { state: 'D' }, 0],
] as const)('half a minute of one that %s: so much time of its own', ([, per, own]) => {
  expect(after(30, per).ms).toBeCloseTo(own * 1000)
})

test('a machine that slept for an hour gives nobody an hour', () => {
  expect(after(1, { state: 'S' }, 3_600_000).ms).toBe(2000)
})

test('a thread that ends takes its waiting time out of the sum, which is no time gained', () => {
  let runDelayMs = 5000
  let now = 0
  const time = new OwnTime(1, { sample: () => ({ state: 'S', cpuMs: 0, runDelayMs }), now: () => now })
  runDelayMs = 0
  now = 1000
  time.read()
  expect(time.ms).toBe(1000)
})

test('what it did is reported', () => {
  expect(after(30, { state: 'R', cpuMs: 410 }).text).toBe('12.3 s of CPU time, state R')
})
