import { expect, test } from 'vitest'
import { bucketIndex } from '@spyglass/agent/contract'
import { addHistogram, addSeconds, type Buckets } from '../../../collector/src/rollup/buckets.ts'

const added = (scale: number, offset: number, counts: readonly number[], zeroCount = 0): Buckets => {
  const buckets: Buckets = new Map()
  addHistogram(buckets, { scale, offset, counts, zeroCount })
  return buckets
}

test('a histogram of our scale keeps its buckets, and empty ones are left out', () => {
  expect([...added(4, -2, [1, 0, 3])]).toEqual([
    [-2, 1],
    [0, 3],
  ])
})

test('finer buckets fall into the one around them, below zero as well', () => {
  expect([...added(5, -3, [1, 1, 1, 1, 1])]).toEqual([
    [-2, 1],
    [-1, 2],
    [0, 2],
  ])
})

test('a coarser bucket counts in its middle', () => {
  expect([...added(3, -1, [1, 2])]).toEqual([
    [-1, 1],
    [1, 2],
  ])
  expect([...added(2, 1, [5])]).toEqual([[6, 5]])
})

test('a duration of zero, alone or of a histogram, counts as a nanosecond', () => {
  const buckets = added(4, 0, [1], 7)
  addSeconds(buckets, 0)
  addSeconds(buckets, 1.01)
  expect([...buckets]).toEqual([
    [bucketIndex(1e-9), 8],
    [0, 2],
  ])
})
