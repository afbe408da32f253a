import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DueList } from '../../../runtime/src/job-store/due-list.ts'

test('what is due is taken by its time, of one time by its order, whatever was removed', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ at: fc.nat(9), isRemoved: fc.boolean() })), (given) => {
      const list = new DueList()
      for (const [i, { at }] of given.entries()) list.add(String(i), at)
      for (const [i, { at, isRemoved }] of given.entries()) if (isRemoved) list.remove(String(i), at)
      const left = [...given.entries()].filter(([, { isRemoved }]) => !isRemoved).toSorted(([i, a], [j, b]) => a.at - b.at || i - j)
      expect(list.size).toBe(left.length)
      for (const [i, { at }] of left) {
        expect([list.nextAt, list.take(at - 1), list.take(at)]).toEqual([at, undefined, String(i)])
      }
      expect([list.nextAt, list.take(100)]).toEqual([Number.POSITIVE_INFINITY, undefined])
    }),
  )
})
