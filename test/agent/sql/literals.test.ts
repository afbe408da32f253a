import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { CLASS, classOf, isDigit, isWordUnit } from '../../../agent/src/sql/characters.ts'
import {
  dollarTag,
  endOfBlock,
  endOfBracketName,
  endOfLine,
  endOfQQuote,
  endOfQuotes,
  endOfTripleQuotes,
  isTripleQuote,
} from '../../../agent/src/sql/literals.ts'

test.for([
  ["'a' b", false, 3, false],
  ["''", false, 2, false],
  ["'a''b'c", false, 6, false],
  ["'a'''", false, 5, false],
  ["'a''", false, -1, false],
  ["'a", false, -1, false],
  [`'a"b'`, false, 5, false],
  [`"a'b"`, false, 5, false],
  [String.raw`'a\'b'`, false, 4, true],
  [String.raw`'a\'b'`, true, 6, true],
  [String.raw`'a\\'b'`, true, 5, false],
  [String.raw`'a\\'b'`, false, 5, false],
  [String.raw`'a\b'`, true, 5, false],
  [String.raw`'a\'`, true, -1, true],
  [String.raw`'a\'`, false, 4, true],
  ["'a\0'", false, -1, false],
] as const)('the quoted text %j with escapes %s ends at %i, doubtful %s', ([sql, escape, end, isDoubtful]) => {
  expect(endOfQuotes(sql, 0, escape)).toEqual({ end, isDoubtful })
  expect(endOfQuotes(`x${sql}`, 1, escape)).toEqual({ end: end < 0 ? -1 : end + 1, isDoubtful })
})

test('three quotes of one kind begin a long text, which ends with three', () => {
  expect([`'''`, `""`, `'"'`, `''`, `''"`].map((sql) => isTripleQuote(sql, 0))).toEqual([true, false, false, false, false])
  expect(isTripleQuote(`x"""`, 1)).toBe(true)
  expect(
    [`'''a'''`, `''''''`, `'''a''b'''c`, `'''a''`, String.raw`'''\''''`, String.raw`'''\'''`].map((sql) => endOfTripleQuotes(sql, 0)),
  ).toEqual([7, 6, 10, -1, 8, -1])
})

test('a name in brackets ends at the first one that is not doubled', () => {
  expect(['[a]', '[a]]b]', '[a]]', '[a', '[a]]]'].map((sql) => endOfBracketName(sql, 0))).toEqual([3, 6, -1, -1, 5])
})

test.for([
  ['$$a$$', '$$'],
  ['$tag$a', '$tag$'],
  ['$t1$a', '$t1$'],
  ['$1$', undefined],
  ['$1', undefined],
  ['$a b$', undefined],
  ['$a', undefined],
  ['$', undefined],
] as const)('%s begins a string with the tag %s', ([sql, tag]) => {
  expect(dollarTag(sql, 0)).toBe(tag)
})

test.for([
  ["q'[a]'b", 6],
  ["q'{a]'}'", 8],
  ["q'(a)'", 6],
  ["q'<a>'", 6],
  ["q'!a!'", 6],
  ["q'[a'", -1],
  ["q'", -1],
  ["q'['", -1],
  ["q'!'", -1],
  ["q'!!'", 5],
] as const)('%s ends at %i', ([sql, end]) => {
  expect(endOfQQuote(sql, 1)).toBe(end)
})

test.for([
  ['-- a\nb', 5, false],
  ['-- a', 4, false],
  ['-- a\r\nb', 6, false],
  ['-- a\rb', 4, true],
  ['-- a\r', 5, false],
  ['-- a\0b', 4, false],
] as const)('the line comment %j ends at %i, doubtful %s', ([sql, end, isDoubtful]) => {
  expect(endOfLine(sql, 2)).toEqual({ end, isDoubtful, isClosed: true })
})

test.for([
  ['/* a */b', true, 7, false, true],
  ['/**/b', true, 4, false, true],
  ['/*/b', true, 4, false, false],
  ['/* a', true, 4, false, false],
  ['/* /* */ */b', true, 11, false, true],
  ['/* /* */ */b', false, 8, false, true],
  ['/* /* */ */b', 'unknown', 8, true, true],
  ['/* /* */b', true, 9, false, false],
  ['/* * / */', 'unknown', 9, false, true],
] as const)('the comment %j, nested %s, ends at %i, doubtful %s, closed %s', ([sql, nested, end, isDoubtful, isClosed]) => {
  expect(endOfBlock(sql, 0, nested)).toEqual({ end, isDoubtful, isClosed })
})

test('every character of ASCII has its class', () => {
  const classes = Object.entries({
    space: '\t\n\r \u001F\u007F',
    word: 'azAZ_',
    digit: '09',
    apostrophe: "'",
    doubleQuote: '"',
    backtick: '`',
    openBracket: '[',
    dollar: '$',
    sign: '+-',
    slash: '/',
    hash: '#',
    question: '?',
    dot: '.',
    open: '(',
    close: ')',
    comma: ',',
    semicolon: ';',
    closeBracket: ']',
    backslash: '\\',
    colon: ':',
    nul: '\0',
    star: '*',
    ellipsis: '…',
    other: '!%&<=>@^{|}~',
  })
  for (const [name, characters] of classes) {
    for (const character of characters) expect(classOf(character.charCodeAt(0)), character).toBe(CLASS[name as keyof typeof CLASS])
  }
  expect(new Set(Object.values(CLASS)).size).toBe(Object.keys(CLASS).length)
  expect([0x80, 0xe9, 0x8fde].map(classOf)).toEqual([CLASS.word, CLASS.word, CLASS.word])
  expect([0x85, 0xa0, 0x2028, 0x3000].map(classOf)).toEqual([CLASS.space, CLASS.space, CLASS.space, CLASS.space])
})

test('digits and units of words end where they should', () => {
  expect([47, 48, 57, 58].map(isDigit)).toEqual([false, true, true, false])
  expect(['a', '0', '$', '_', 'é', '-', ' ', '…'].map((text) => isWordUnit(text.charCodeAt(0)))).toEqual([
    true,
    true,
    true,
    true,
    true,
    false,
    false,
    false,
  ])
  expect(isWordUnit(Number.NaN)).toBe(false)
  expect(isWordUnit(0)).toBe(false)
})

test('whatever is quoted ends where a reader of pairs of quotes says', () => {
  const parts = fc.array(fc.constantFrom("'", 'a', '"', ' '), { maxLength: 14 })
  fc.assert(
    fc.property(parts, (rest) => {
      const sql = `'${rest.join('')}`
      const closing = /^'(?:''|[^'])*'(?!')/.exec(sql)
      expect(endOfQuotes(sql, 0, false).end).toBe(closing ? closing[0].length : -1)
    }),
  )
})
