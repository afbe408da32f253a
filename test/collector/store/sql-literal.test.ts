import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { identifier, stringLiteral } from '../../../collector/src/store/sql-literal.ts'

/** Reads a literal as the engine does: a backslash takes the next character as it is. */
function readLiteral(literal: string, quote: string): string {
  let text = ''
  for (let i = 1; i < literal.length - 1; i++) {
    if (literal[i] === quote) throw new Error('the literal ends too early')
    text += literal[i] === '\\' ? literal[++i]! : literal[i]!
  }
  return text
}

test('a literal reads back as its text and ends only at its end', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("'", '\\', '`', 'n', '\n', '连') }), (text) => {
      expect(readLiteral(stringLiteral(text), "'")).toBe(text)
      expect(readLiteral(identifier(text), '`')).toBe(text)
    }),
  )
})
