import fc from 'fast-check'
import { expect, test } from 'vitest'
import { disagreementOf, spansText, steadyAt, type Timeline, timeText } from '../../../collector/src/replay/timeline.ts'

/** A look each ten seconds. */
const looks = (...firing: readonly number[]): Timeline => firing.map((count, at) => ({ atMs: at * 10_000, firing: count }))

test('two engines agree when each change is at most an interval apart', () => {
  const ours = looks(0, 0, 1, 1, 1, 0, 0, 0)
  expect(disagreementOf(looks(0, 0, 0, 1, 1, 1, 0, 0), ours, 10_000)).toBeUndefined()
  expect(disagreementOf(looks(0, 0, 0, 0, 1, 1, 1, 0), ours, 10_000)).toEqual({ atMs: 30_000, firing: 0, expected: 1 })
  expect(disagreementOf(looks(0, 0, 0, 0, 0, 0, 0, 0), ours, 10_000)).toEqual({ atMs: 30_000, firing: 0, expected: 1 })
  expect(disagreementOf(looks(0, 0, 2, 2, 2, 0, 0, 0), ours, 10_000)).toMatchObject({ firing: 2, expected: 1 })
})

test('whether they agree does not depend on who is asked first', () => {
  const timeline = fc.array(fc.nat(1), { minLength: 5, maxLength: 12 }).map((counts) => looks(...counts))
  fc.assert(
    fc.property(timeline, timeline, (one, other) => {
      const same = one.slice(0, other.length).length === other.length ? other : other.slice(0, one.length)
      const cut = one.slice(0, same.length)
      expect(disagreementOf(cut, same, 10_000) === undefined).toBe(disagreementOf(same, cut, 10_000) === undefined)
      expect(disagreementOf(cut, cut, 0)).toBeUndefined()
    }),
  )
})

test('what changes in a span is not steady there', () => {
  expect(steadyAt(looks(0, 1, 1, 1), 10_000, 30_000)).toBe(1)
  expect(steadyAt(looks(0, 1, 1, 1), 0, 30_000)).toBeUndefined()
})

test('spans are told as people write them', () => {
  expect(spansText(looks(0, 0))).toBe('never')
  expect(spansText(looks(0, 1, 1, 0, 0))).toBe('10s..30s')
  expect(spansText(looks(0, 1, 0, 1, 1))).toBe('10s..20s 30s..')
  expect(timeText(3_730_000)).toBe('1h2m10s')
  expect(timeText(0)).toBe('0s')
})
