import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Interval, lengthWithin, partition, type Wait } from '../../../../agent/src/recorder/verdict/partition.ts'
import { growthExponent } from '../../../support/growth.ts'

const wait = (cause: string, startMs: number, endMs: number, more: Partial<Wait> = {}): Wait => ({ cause, startMs, endMs, ...more })
const shares = (request: Interval, waits: readonly Wait[], isCutOff?: boolean): Record<string, number> =>
  Object.fromEntries(partition(request, waits, isCutOff).byCause)

const request = { startMs: 0, endMs: 100 }
const total = (intervals: readonly Interval[]): number => intervals.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0)

test('waits one after the other get their own time, and what none covers is told', () => {
  const { byCause, uncovered } = partition(request, [wait('a', 10, 30), wait('b', 30, 60), wait('a', 70, 80)])
  expect(Object.fromEntries(byCause)).toEqual({ a: 30, b: 30 })
  expect(uncovered).toEqual([
    { startMs: 0, endMs: 10 },
    { startMs: 60, endMs: 70 },
    { startMs: 80, endMs: 100 },
  ])
})

test('of waits beside each other the one that ends last counts', () => {
  expect(shares(request, [wait('short', 0, 40), wait('long', 0, 90)])).toEqual({ long: 90 })
  expect(shares(request, [wait('first', 0, 60), wait('second', 50, 90)])).toEqual({ first: 50, second: 40 })
})

test('a moment inside another wait belongs to the innermost', () => {
  const outer = wait('outer', 0, 80)
  const middle = wait('middle', 10, 70, { outer })
  expect(shares(request, [outer, middle, wait('inner', 20, 30, { outer: middle })])).toEqual({ outer: 20, middle: 50, inner: 10 })
})

test('a wait for a connection counts as far as its statement reaches', () => {
  const chain = [wait('pool', 0, 40, { untilMs: 90, comesFirst: true }), wait('statement', 40, 90)]
  expect(shares(request, [...chain, wait('beside', 0, 60)])).toEqual({ pool: 40, statement: 50 })
})

test('what outlives the request counts only where nothing else does, unless the request was cut off', () => {
  const waits = [wait('awaited', 20, 60), wait('left', 0, 100, { isOpen: true })]
  expect(shares(request, waits)).toEqual({ left: 60, awaited: 40 })
  expect(shares(request, waits, true)).toEqual({ left: 100 })
})

/** Waits with some nesting: each may be inside one before it. */
const anyWaits = fc
  .array(
    fc.record({
      cause: fc.constantFrom('a', 'b', 'c', 'd'),
      startMs: fc.integer({ min: -20, max: 130 }),
      length: fc.integer({ min: 0, max: 150 }),
      isOpen: fc.boolean(),
      comesFirst: fc.boolean(),
      inside: fc.option(fc.nat(30)),
    }),
    { maxLength: 30 },
  )
  .map((parts) => {
    const waits: Wait[] = []
    for (const { length, inside, ...part } of parts)
      waits.push({ ...part, endMs: part.startMs + length, outer: inside === null ? undefined : waits[inside] })
    return waits
  })

test('every moment counts exactly once', () => {
  fc.assert(
    fc.property(anyWaits, fc.boolean(), (waits, isCutOff) => {
      const { byCause, uncovered } = partition(request, waits, isCutOff)
      const covered = [...byCause.values()].reduce((sum, ms) => sum + ms, 0)
      expect(covered + total(uncovered)).toBeCloseTo(100, 6)
      for (const gap of uncovered) for (const one of waits) expect(lengthWithin(one, gap)).toBe(0)
    }),
  )
})

test('the order of the waits does not matter', () => {
  fc.assert(
    fc.property(anyWaits, fc.boolean(), fc.infiniteStream(fc.nat()), (waits, isCutOff, random) => {
      const shuffled = waits.toSorted(() => ((random.next().value as number) % 2) - 0.5)
      expect(shares(request, shuffled, isCutOff)).toEqual(shares(request, waits, isCutOff))
    }),
  )
})

test('no cause has more time than its waits cover', () => {
  fc.assert(
    fc.property(anyWaits, (waits) => {
      for (const [cause, ms] of partition(request, waits).byCause) {
        const own = waits.filter((one) => one.cause === cause)
        expect(ms).toBeLessThanOrEqual(own.reduce((sum, one) => sum + lengthWithin(one, request), 0) + 1e-9)
      }
    }),
  )
})

test('thousands of waits beside each other are divided at once: this runs in the thread of the application', () => {
  const exponent = growthExponent(500, (length) => {
    const many = Array.from({ length }, (_, i) => wait(`c${i % 20}`, i / 1000, 50 + ((i * 7919) % length) / 200))
    return () => expect(partition(request, many).byCause.size).toBeGreaterThan(1)
  })
  expect(exponent).toBeLessThan(1.5)
})
