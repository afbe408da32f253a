import { assert, array, constantFrom, property } from 'fast-check'
import { expect, test } from 'vitest'
import { endOfLine, replaceFound } from '../../../agent/src/redact/replace-found.ts'

test('each match has its replacement, and what has none stays', () => {
  const by = (text: string): string =>
    replaceFound(text, /\d+/g, ({ index, 0: found }) => (found === '0' ? undefined : { start: index, end: index + found.length, by: '#' }))
  expect(by('a1b22c0d')).toBe('a#b#c0d')
  expect(by('1')).toBe('#')
  expect(by('a')).toBe('a')
  expect(by('')).toBe('')
})

test('the search goes on behind the replacement, also when the match was longer', () => {
  expect(replaceFound('a\n b\n c', /\w\s+/g, ({ index }) => ({ start: index, end: index + 1, by: 'x' }))).toBe('x\n x\n c')
  expect(replaceFound('1234', /\d/g, ({ index }) => ({ start: index, end: index + 2, by: '-' }))).toBe('--')
  expect(replaceFound('ab', /(?=.)/g, ({ index }) => ({ start: index, end: index, by: '.' }))).toBe('.a.b')
})

test('what is not replaced is copied whole', () => {
  assert(
    property(array(constantFrom('a', 'b', '\n', '7', '42'), { maxLength: 20 }), (parts) => {
      const text = parts.join('')
      expect(replaceFound(text, /\d/g, ({ index }) => ({ start: index, end: index + 1, by: '#' }))).toBe(text.replaceAll(/\d/g, '#'))
    }),
  )
})

test('a line ends at its break or with the text', () => {
  expect([endOfLine('ab\nc', 0), endOfLine('ab\nc', 3)]).toEqual([2, 4])
})
