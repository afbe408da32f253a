/** Classes of code units, so that the scanner needs one table lookup per character. */

export const CLASS = {
  other: 0,
  space: 1,
  word: 2,
  digit: 3,
  apostrophe: 4,
  doubleQuote: 5,
  backtick: 6,
  openBracket: 7,
  dollar: 8,
  sign: 9,
  slash: 10,
  hash: 11,
  question: 12,
  dot: 13,
  open: 14,
  close: 15,
  comma: 16,
  semicolon: 17,
  closeBracket: 18,
  backslash: 19,
  colon: 20,
  nul: 21,
  star: 22,
  ellipsis: 23,
  curlyApostrophe: 24,
  curlyQuote: 25,
} as const

const PUNCTUATION: Readonly<Record<string, number>> = {
  "'": CLASS.apostrophe,
  '"': CLASS.doubleQuote,
  '`': CLASS.backtick,
  '[': CLASS.openBracket,
  $: CLASS.dollar,
  '-': CLASS.sign,
  '+': CLASS.sign,
  '/': CLASS.slash,
  '#': CLASS.hash,
  '?': CLASS.question,
  '.': CLASS.dot,
  '(': CLASS.open,
  ')': CLASS.close,
  ',': CLASS.comma,
  ';': CLASS.semicolon,
  ']': CLASS.closeBracket,
  '\\': CLASS.backslash,
  ':': CLASS.colon,
  '*': CLASS.star,
}

const ASCII = 128
/** Placeholder for omitted text. */
export const ELLIPSIS = 0x20_26
/** `‘`, which `’` closes, and `“`, which `”` closes. */
const CURLY_APOSTROPHE = 0x20_18
const CURLY_QUOTE = 0x20_1c
const table = Uint8Array.from({ length: ASCII }, (_, unit) => classOfAscii(String.fromCharCode(unit)))
const FOREIGN_SPACE = /[\s\u0085]/

function classOfAscii(char: string): number {
  if (char === '\0') return CLASS.nul
  if (char <= ' ' || char === '\u007F') return CLASS.space
  if (/[a-z_]/i.test(char)) return CLASS.word
  if (/\d/.test(char)) return CLASS.digit
  return PUNCTUATION[char] ?? CLASS.other
}

/** The class of a code unit. Outside ASCII, everything except white space is part of a word. */
export function classOf(unit: number): number {
  if (unit < ASCII) return table[unit] as number
  if (unit === ELLIPSIS) return CLASS.ellipsis
  if (unit === CURLY_APOSTROPHE) return CLASS.curlyApostrophe
  if (unit === CURLY_QUOTE) return CLASS.curlyQuote
  return FOREIGN_SPACE.test(String.fromCharCode(unit)) ? CLASS.space : CLASS.word
}

/** Whether this code unit continues a word: letters, digits, `_`, `$`. NaN, the unit after the end, does not. */
export function isWordUnit(unit: number): boolean {
  const kind = unit >= 0 ? classOf(unit) : CLASS.other
  return kind === CLASS.word || kind === CLASS.digit || kind === CLASS.dollar
}

export const isDigit = (unit: number): boolean => unit >= 48 && unit <= 57
