import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Interval } from '../../../../agent/src/recorder/verdict/partition.ts'
import { knownEnd, type LoopEvidence, type LoopWork, loopShares } from '../../../../agent/src/recorder/verdict/loop-evidence.ts'

const evidence = (parts: Partial<LoopEvidence>): LoopEvidence => ({ stretches: [], collections: [], work: [], ...parts })

test('without evidence time is unknown', () => {
  expect(loopShares([{ startMs: 0, endMs: 50 }], evidence({}))).toEqual({ collectionMs: 0, busyMs: 0, workMs: new Map(), unknownMs: 50 })
})

test('time in which the loop was busy is told from idle time, and pauses by the collector from both', () => {
  const stretches = [
    { startMs: 0, endMs: 100, busyMs: 20 },
    { startMs: 100, endMs: 400, busyMs: 250, blockedFromMs: 150 },
  ]
  expect(loopShares([{ startMs: 0, endMs: 400 }], evidence({ stretches }))).toEqual({
    collectionMs: 0,
    busyMs: 270,
    workMs: new Map(),
    unknownMs: 130,
  })
  expect(loopShares([{ startMs: 150, endMs: 350 }], evidence({ stretches }))).toMatchObject({ busyMs: 200, unknownMs: 0 })
  const collections = [{ startMs: 200, endMs: 260 }]
  expect(loopShares([{ startMs: 100, endMs: 400 }], evidence({ stretches, collections }))).toEqual({
    collectionMs: 60,
    busyMs: 190,
    workMs: new Map(),
    unknownMs: 50,
  })
})

test('busy time belongs to what was seen to run in it, without the pauses of the collector; of more than there was each gets less', () => {
  const ran = (startMs: number, endMs: number): LoopWork => ({ startMs, endMs, request: undefined, location: `${startMs}` })
  const stretches = [{ startMs: 0, endMs: 400, busyMs: 400, blockedFromMs: 0 }]
  const [first, second] = [ran(0, 100), ran(100, 250)]
  const { workMs, ...rest } = loopShares(
    [{ startMs: 50, endMs: 400 }],
    evidence({ stretches, work: [first, second], collections: [{ startMs: 200, endMs: 220 }] }),
  )
  expect([...workMs]).toEqual([
    [first, 50],
    [second, 130],
  ])
  expect(rest).toEqual({ collectionMs: 20, busyMs: 150, unknownMs: 0 })
  const idle = evidence({ stretches: [{ startMs: 0, endMs: 400, busyMs: 100 }], work: [ran(0, 200), ran(200, 400)] })
  expect([...loopShares([{ startMs: 0, endMs: 400 }], idle).workMs.values()]).toEqual([50, 50])
})

test('an answer that is taken when the loop is free again may have come while it was blocked', () => {
  const blocked = evidence({ stretches: [{ startMs: 0, endMs: 400, busyMs: 300, blockedFromMs: 100 }] })
  expect(knownEnd({ startMs: 50, endMs: 402 }, blocked)).toBe(100)
  expect(knownEnd({ startMs: 200, endMs: 402 }, blocked)).toBe(200)
  expect(knownEnd({ startMs: 50, endMs: 90 }, blocked)).toBe(90)
  expect(knownEnd({ startMs: 50, endMs: 500 }, blocked)).toBe(500)
})

test('the parts always sum to the whole, and none is negative', () => {
  const interval = fc.tuple(fc.nat(300), fc.nat(100)).map(([startMs, length]) => ({ startMs, endMs: startMs + length }))
  const inOrder = <I extends Interval>(intervals: readonly I[]): I[] => {
    const apart: I[] = []
    for (const one of intervals.toSorted((a, b) => a.startMs - b.startMs)) if (one.startMs >= (apart.at(-1)?.endMs ?? 0)) apart.push(one)
    return apart
  }
  const stretch = fc
    .tuple(interval, fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean())
    .map(([{ startMs, endMs }, share, isBlocked]) => {
      const busyMs = (endMs - startMs) * share
      return { startMs, endMs, busyMs, blockedFromMs: isBlocked ? endMs - busyMs : undefined }
    })
  fc.assert(
    fc.property(fc.array(interval), fc.array(stretch), fc.array(interval), fc.array(interval), (gaps, stretches, collections, ran) => {
      const uncovered = inOrder(gaps)
      const parts = loopShares(uncovered, {
        stretches: inOrder(stretches),
        collections: inOrder(collections),
        work: inOrder(ran).map((one) => ({ ...one, request: undefined, location: '' })),
      })
      const whole = uncovered.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0)
      const all = [parts.busyMs, parts.collectionMs, parts.unknownMs, ...parts.workMs.values()]
      expect(all.reduce((sum, part) => sum + part, 0)).toBeCloseTo(whole, 6)
      for (const part of all) expect(part).toBeGreaterThanOrEqual(-1e-9)
    }),
  )
})
