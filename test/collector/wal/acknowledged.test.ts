import { expect, test } from 'vitest'
import { acknowledgedBytes, readAcknowledged } from '../../../collector/src/wal/acknowledged.ts'

const tally = { entries: 3, requests: 2 }
const bytes = acknowledgedBytes(tally, 'segment')
const half = bytes.length / 2

test.each([
  ['first', 0, half],
  ['second', half, bytes.length],
])('the count survives damage to its %s copy', (_name, from, to) => {
  for (let at = from; at < to; at++) {
    const damaged = Buffer.from(bytes)
    damaged[at] = (damaged[at] as number) ^ 0xff
    expect(readAcknowledged(damaged, 'segment')).toEqual(tally)
  }
  expect(readAcknowledged(Buffer.from(bytes).fill(0, from, to), 'segment')).toEqual(tally)
})

test('the higher of two counts is taken, that of another segment is not', () => {
  const higher = acknowledgedBytes({ entries: 4, requests: 4 }, 'segment')
  expect(readAcknowledged(Buffer.concat([bytes.subarray(0, half), higher.subarray(half)]), 'segment')?.entries).toBe(4)
  expect(readAcknowledged(bytes, 'other')).toBeUndefined()
  expect(readAcknowledged(undefined, 'segment')).toBeUndefined()
})
