import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { LineBuffer } from '../../../runtime/src/log-file/line-buffer.ts'

const line = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.nat(400_000).map((length) => 'é'.repeat(length)),
)

test('whatever lines are added and taken, their bytes come out once and in order', () => {
  fc.assert(
    fc.property(fc.array(fc.array(line, { maxLength: 12 }), { maxLength: 5 }), (batches) => {
      const buffer = new LineBuffer()
      for (const lines of batches) {
        for (const each of lines) buffer.add(`${each.toWellFormed()}\n`)
        const expected = Buffer.from(lines.map((each) => `${each.toWellFormed()}\n`).join(''))
        const taken = buffer.take()
        expect(Buffer.concat(taken.pieces).equals(expected)).toBe(true)
        expect([taken.lines, taken.sizeBytes]).toEqual([lines.length, expected.length])
        expect([buffer.lines, buffer.sizeBytes]).toEqual([0, 0])
        buffer.giveBack(taken)
      }
    }),
    { numRuns: 60 },
  )
})

test('chunks are used again, and only when they were given back', () => {
  const buffer = new LineBuffer()
  const memoryOf = (text: string) => {
    buffer.add(text)
    const taken = buffer.take()
    return { taken, memory: taken.pieces[0]?.buffer }
  }
  const first = memoryOf('first\n')
  const second = memoryOf('second\n')
  expect(second.memory).not.toBe(first.memory)
  buffer.giveBack(first.taken)
  expect(memoryOf('third\n').memory).toBe(first.memory)
  expect(second.taken.pieces.toString()).toBe('second\n')
})
