import { expect, test } from 'vitest'
import { SpareWriters } from '../../../collector/src/wal/spare-writers.ts'

test('a buffer is used again, empty, once it was given back', () => {
  const spares = new SpareWriters()
  const writer = spares.take()
  writer.text('of the first request')
  expect(spares.take(), 'still in use').not.toBe(writer)
  spares.giveBack(writer)
  expect(spares.take()).toBe(writer)
  expect(writer.length).toBe(0)
})

test('a burst leaves 8 MiB at most', () => {
  const spares = new SpareWriters()
  const burst = Array.from({ length: 20 }, () => spares.take())
  for (const writer of burst) {
    writer.reserve(1_048_576)
    spares.giveBack(writer)
  }
  const kept = Array.from(burst, () => spares.take()).filter((writer) => burst.includes(writer))
  expect(kept.length).toBe(8)
})
