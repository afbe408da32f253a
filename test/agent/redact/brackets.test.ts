import { expect, test } from 'vitest'
import { endOfBrackets } from '../../../agent/src/redact/brackets.ts'

test.each([
  ['[1, [2]] x', 8],
  ['{ a: "]" } x', 10],
  ["('it\\'s )', 2) x", 14],
  ['[1', 2],
])('%j is closed at %i', (text, end) => {
  expect(endOfBrackets(text, 0)).toBe(end)
})
