/**
 * Whether bytes could be a text with a secret in one of the usual forms. False positives are allowed, false negatives are not, because a text that
 * passes is not searched. One table lookup per byte; if the byte may end the beginning of a form, the two bytes before it decide.
 */

const KIND = {
  other: 0,
  digit: 1,
  space: 2,
  dash: 3,
  colon: 4,
  equals: 5,
  issued: 6,
  wide: 7,
  bracket: 8,
  quote: 9,
  dot: 10,
  joint: 11,
  close: 12,
} as const

const WIDE_ENDS = '：＝码碼令牌钥鑰'
/** The same as numbers of their three bytes. */
const WIDE = new Set(Array.from(WIDE_ENDS, (char) => Buffer.from(char).readUIntBE(0, 3)))

const kinds = new Uint8Array(256)
for (const char of '0123456789') kinds[code(char)] = KIND.digit
for (const char of ' \t\n\r\v\f,') kinds[code(char)] = KIND.space
// The first bytes of other white space, and of arrows.
for (const byte of [0xc2, 0xe1, 0xe2, 0xe3, 0xef]) kinds[byte] = KIND.space
for (const char of '=<%|') kinds[code(char)] = KIND.equals
for (const char of 'JIz_') kinds[code(char)] = KIND.issued
// What may stand between the groups of a card number, also as parts of a character.
for (let byte = 0x80; byte < 0xc0; byte++) kinds[byte] = KIND.joint
for (const char of '/+*~#;!') kinds[code(char)] = KIND.joint
// The last bytes of `：` and `＝`, and of the last characters of secret names, as East Asian texts have them.
for (const char of WIDE_ENDS) kinds[lastByteOf(char)] = KIND.wide
// What closes the method of a stored password: `$2y$`, `{SSHA}`.
for (const char of '$}') kinds[code(char)] = KIND.close
kinds[code('-')] = KIND.dash
kinds[code('[')] = KIND.bracket
kinds[code(':')] = KIND.colon
// What a database quotes in a message: `entry '`, `value '`, `contains (`, `is (`.
kinds[code("'")] = KIND.quote
kinds[code('(')] = KIND.quote
kinds[code('"')] = KIND.quote
kinds[code('`')] = KIND.quote
kinds[code('@')] = KIND.equals
kinds[code('.')] = KIND.dot

/** Two letters as one number of ten bits, whatever their case. Other bytes may have the same number: a false positive. */
function pair(first: number, second: number): number {
  return ((first & 31) << 5) | (second & 31)
}
/** Before a space: the ends of bearer, basic, digest, negotiate, select, insert, update, delete, replace, alter, create, merge, NTLM. */
const WORD_ENDS = tableOf(['er', 'ic', 'st', 'te', 'ct', 'rt', 'ce', 'ge', 'lm'])
/** Before what separates a name from its value in a sentence: the last three letters of password, token, key, where … */
const NAME_ENDS = new Uint8Array(1 << 15)
for (const three of 'ord ort pwd swd ase ode ken key ass kie ret als ial ion otp pin cvc cvv vc2 vv2 ssn ity ber uth gin ing lus ere ues dom rsa t_0 psk eap dpw npw tpw sql md5 256 512 sha'.split(
  ' ',
))
  NAME_ENDS[tailOf(three)] = 1
/** Before `-`: xoxb-, sk-, glpat-. */
const DASHED = tableOf(['sk', 'at', 'tt', 'dt', 'rt', 'bt', 'px', 'pi', 'sp', 'tp', 'dp', 'ak', 'ai', 'ul', 'ly', 'ge'])
/** Before a space and a quote or a bracket: the ends of entry, value, contains, is, in, near and set. */
const QUOTING_ENDS = new Uint8Array(256)
for (const char of 'yesnrdt-*') QUOTING_ENDS[code(char)] = QUOTING_ENDS[code(char.toUpperCase())] = 1
/** Before a dot: hvs, hvb, ya29, SG, xoxe. */
const DOTTED = tableOf(['vs', 'vb', '29', 'sg', 'xa', 'xb', 'xe', 'xo', 'xp', 'xr', 'xs'])
/** Before J, I, z and `_`: eyJ, AKI, ASI, AIz, gh?_, sk_, rk_, npm_, pat_, shp??_, dop_, whsec_. */
const ISSUED = tableOf([
  'ey',
  'ak',
  'as',
  'ai',
  'sk',
  'rk',
  'pm',
  'at',
  'ca',
  'pa',
  'ss',
  'v1',
  'op',
  'or',
  'oo',
  'ec',
  'pk',
  'hf',
  'pi',
  'ys',
  'yu',
  'gd',
  'ms',
  'bp',
])

/** Behind `[`: a list of texts, or white space before one. */
const OPENS_LIST = new Uint8Array(256)
for (const char of `"' \t\n\r`) OPENS_LIST[code(char)] = 1

const H = code('h')
const X = code('x')
/** Of xapp-. */
const APP = pair(code('p'), code('p'))
const UNDERSCORE = code('_')
const SLASH = code('/')
const COLON = code(':')
const DASH = code('-')
const SPACE = code(' ')
/** A card number has 13 or more; two fewer are enough to be suspicious. */
const CARD_DIGITS = 11
/** Signs other than dashes and spaces stand between groups of four: those of addresses and dates are shorter. */
const CARD_GROUP = 4
/** An account number may have ten in one piece. */
const ACCOUNT_DIGITS = 9
/** Shorter texts contain none of the forms: `pw=x` is the shortest. */
const MIN_LENGTH = 4

function tailOf(text: string): number {
  return ((text.charCodeAt(0) & 31) << 10) | pair(text.charCodeAt(1), text.charCodeAt(2))
}

function tableOf(letters: readonly string[]): Uint8Array {
  const table = new Uint8Array(1024)
  for (const two of letters) table[pair(two.charCodeAt(0), two.charCodeAt(1))] = 1
  return table
}

function lastByteOf(char: string): number {
  return Buffer.from(char).at(-1) as number
}

function code(char: string): number {
  return char.charCodeAt(0)
}

export function isSuspicious(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < MIN_LENGTH) return false
  let digits = 0
  let group = 0
  for (let at = start; at < end; at++) {
    const kind = kinds[bytes[at] as number] as number
    if (kind === KIND.other) digits = group = 0
    else if (kind === KIND.digit) {
      group++
      if (++digits >= CARD_DIGITS || (digits >= ACCOUNT_DIGITS && at - digits >= start && isAccountBefore(bytes, at - digits))) return true
    } else {
      if (kind > KIND.dash && group > 0 && group < CARD_GROUP) digits = 0
      group = 0
      if (beginsForm(bytes, at, kind, at === start)) return true
    }
  }
  return false
}

/** Letters before the digits, or other digits between them and their beginning. */
function isAccountBefore(bytes: Uint8Array, at: number): boolean {
  const byte = bytes[at] as number
  return byte === SPACE || (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 90)
}

function beginsForm(bytes: Uint8Array, at: number, kind: number, isFirst: boolean): boolean {
  const last = isFirst ? SLASH : (bytes[at - 1] as number)
  if (kind === KIND.equals) return true
  if (kind === KIND.bracket) return OPENS_LIST[bytes[at + 1] as number] === 1 || last === SPACE
  if (kind === KIND.colon) return (last !== SLASH && last !== COLON) || bytes[at + 1] === SLASH
  if (isFirst) return kind === KIND.dash
  return endsBeginning(bytes, at, kind, last)
}

/** Whether a byte after others ends the beginning of a form. */
function endsBeginning(bytes: Uint8Array, at: number, kind: number, last: number): boolean {
  const before = at > 1 ? (bytes[at - 2] as number) : 0
  const letters = pair(before, last)
  switch (kind) {
    case KIND.wide:
      return WIDE.has((before << 16) | (last << 8) | (bytes[at] as number))
    case KIND.joint:
      return false
    case KIND.close:
      return isBehindMethod(bytes, at)
    case KIND.space:
      return WORD_ENDS[letters] === 1 || endsName(bytes, at) || isBehindCode(bytes, at, letters)
    case KIND.dash:
      return isDashOfForm(bytes, at, last)
    case KIND.quote:
      return (last <= SPACE && QUOTING_ENDS[before] === 1) || isQuotedValue(bytes, at, last)
    case KIND.dot:
      return DOTTED[letters] === 1
    default:
      return ISSUED[letters] === 1 || (before === H && bytes[at] === UNDERSCORE)
  }
}

const IS = pair(code('i'), code('s'))
const AS = pair(code('a'), code('s'))
/** Longest word that is looked through for a digit. */
const MAX_CODE_LENGTH = 64

/** `493817 is `: a word with a digit before a verb. */
function isBehindCode(bytes: Uint8Array, at: number, letters: number): boolean {
  if ((letters !== IS && letters !== AS) || bytes[at - 3] !== SPACE) return false
  for (let i = at - 4; i >= 0 && i > at - MAX_CODE_LENGTH && bytes[i] !== SPACE; i--)
    if (kinds[bytes[i] as number] === KIND.digit) return true
  return false
}

const DOLLAR = code('$')
const BRACE = code('{')
const MAX_METHOD_LENGTH = 18

/** The sign that opens the name of a method, not far before the one that closes it. */
function isBehindMethod(bytes: Uint8Array, at: number): boolean {
  const opens = bytes[at] === DOLLAR ? DOLLAR : BRACE
  if (opens === DOLLAR && kinds[bytes[at - 1] as number] === KIND.digit) return true
  for (let i = at - 2; i >= 0 && i > at - MAX_METHOD_LENGTH; i--) if (bytes[i] === opens) return true
  return false
}

/** Two begin an option, or the armour of a private key; one follows what issuers mark their keys with. */
function isDashOfForm(bytes: Uint8Array, at: number, last: number): boolean {
  const before = bytes[at - 2] ?? 0
  const letters = pair(before, last)
  return last === DASH || last <= SPACE || DASHED[letters] === 1 || before === X || (letters === APP && bytes[at - 4] === X)
}

const endsName = (bytes: Uint8Array, at: number): boolean =>
  at > 2 && NAME_ENDS[(((bytes[at - 3] as number) & 31) << 10) | pair(bytes[at - 2] as number, bytes[at - 1] as number)] === 1

/** `password'x'`, `like'x'`, `('x'`, `values(1`, `password(x`. */
function isQuotedValue(bytes: Uint8Array, at: number, last: number): boolean {
  if (bytes[at] === PAREN) return (last & 31) === 19 || endsName(bytes, at)
  return last === PAREN || ENDS_COMPARISON[last] === 1
}

const PAREN = code('(')
/** Of like, in, E and N. */
const ENDS_COMPARISON = new Uint8Array(256)
for (const char of 'eEnN') ENDS_COMPARISON[code(char)] = 1
