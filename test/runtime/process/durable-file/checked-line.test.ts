import { checkedLine, textOfLine } from '@spyglass/process/durable-file'
import fc from 'fast-check'
import { expect, test } from 'vitest'

test('a line is its checksum, one space and two characters at the least', () => {
  const line = (text: string): Buffer => checkedLine(text).subarray(0, -1)
  expect([textOfLine(line('{}')), textOfLine(line('a')), textOfLine(line(''))]).toEqual(['{}', undefined, undefined])
  for (const [at, byte] of [
    [8, 45],
    [0, 120],
    [10, 120],
  ] as const) {
    const changed = Buffer.from(line('{}'))
    changed[at] = byte
    expect(textOfLine(changed)).toBeUndefined()
  }
})

test('no changed byte goes unnoticed, and a line is valid only where it was written', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 2 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (text, at, change) => {
      const line = checkedLine(text, 'here').subarray(0, -1)
      expect(textOfLine(line, 'here')).toBe(Buffer.from(text).toString())
      expect(textOfLine(line, 'there')).toBeUndefined()
      const damaged = Buffer.from(line)
      damaged[at % damaged.length]! ^= change
      expect(textOfLine(damaged, 'here')).toBeUndefined()
    }),
  )
})
