import { expect, test } from 'vitest'
import { createEngineClock, isTimely } from '../../../snmp-bridge/src/usm/engine-clock.ts'

test('engine time counts seconds since the start and stays at 2^31-1', () => {
  let now = 5000
  const clock = createEngineClock(Buffer.of(1), 1, () => now)
  expect(clock.time()).toBe(0)
  now += 2999
  expect(clock.time()).toBe(2)
  now = Number.MAX_SAFE_INTEGER
  expect(clock.time()).toBe(0x7fff_ffff)
})

/** A clock that says `first` once and `then` from there on. */
function rising(first: number, then: number): () => number {
  let now = first
  return () => {
    const said = now
    now = then
    return said
  }
}

test('an engine at its last boot but one accepts, at its last it does not', () => {
  expect(
    isTimely(
      createEngineClock(Buffer.of(1), 0x7fff_fffe, () => 0),
      0x7fff_fffe,
      0,
    ),
  ).toBe(true)
  expect(
    isTimely(
      createEngineClock(Buffer.of(1), 0x7fff_ffff, () => 0),
      0x7fff_ffff,
      0,
    ),
  ).toBe(false)
})

test('timely is: the same boots, at most 150 s away', () => {
  const clock = createEngineClock(Buffer.of(1), 7, () => 0)
  expect(isTimely(clock, 7, 150)).toBe(true)
  expect(isTimely(clock, 7, 151)).toBe(false)
  const late = createEngineClock(Buffer.of(1), 7, rising(0, 200_000))
  expect(isTimely(late, 7, 50)).toBe(true)
  expect(isTimely(late, 7, 49)).toBe(false)
  expect(isTimely(late, 7, 350)).toBe(true)
  expect(isTimely(late, 7, 351)).toBe(false)
  expect(isTimely(clock, 6, 0)).toBe(false)
  expect(isTimely(clock, 8, 0)).toBe(false)
})
