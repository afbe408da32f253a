/**
 * Whether bytes could be a text with a secret in one of the usual forms. False positives are allowed, false negatives are not: what it lets pass is not
 * searched. One look into a table for each byte; where a byte ends the beginning of a form, the two before it tell.
 */

const KIND = { other: 0, digit: 1, space: 2, dash: 3, colon: 4, equals: 5, issued: 6, wide: 7 } as const

const kinds = new Uint8Array(256)
for (const char of '0123456789') kinds[code(char)] = KIND.digit
for (const char of ' \t\n\r') kinds[code(char)] = KIND.space
for (const char of '=<') kinds[code(char)] = KIND.equals
for (const char of 'JIz_') kinds[code(char)] = KIND.issued
// The last bytes of `：` and `＝`, as East Asian texts have them.
for (const byte of [0x9a, 0x9d]) kinds[byte] = KIND.wide
kinds[code('-')] = KIND.dash
kinds[code(':')] = KIND.colon

/** Two letters, in lower case, as one number. */
function pair(letters: string): number {
  return (code(letters.charAt(0)) << 8) | code(letters.charAt(1))
}
/** Before a space: the ends of bearer, basic, digest, negotiate, select, insert, update, delete, replace, alter and create. */
const WORD_ENDS = tableOf(['er', 'ic', 'st', 'te', 'ct', 'rt', 'ce'])
/** Before `-`: xoxb-, sk-, glpat-. Only the letter that all have is compared where one differs. */
const DASHED = tableOf(['sk', 'at'])
/** Before J, I, z and `_`: eyJ, AKI, ASI, AIz, gh?_, sk_, rk_, npm_, pat_. */
const ISSUED = tableOf(['ey', 'ak', 'as', 'ai', 'sk', 'rk', 'pm', 'at'])

const LOWER = 32
const H = code('h')
const X = code('x')
const UNDERSCORE = code('_')
const SLASH = code('/')
const COLON = code(':')
const DASH = code('-')
/** A card number has 13 or more; the first and the last may be passed over together with a letter beside them. */
const CARD_DIGITS = 11
/** Shorter texts hold none of the forms: `pw=x` is the shortest. */
const MIN_LENGTH = 4

function tableOf(letters: readonly string[]): Uint8Array {
  const table = new Uint8Array(65_536)
  for (const two of letters) table[pair(two)] = 1
  return table
}

function code(char: string): number {
  return char.charCodeAt(0)
}

/** By two bytes: whether one of them is looked at more closely. Most text is passed over four bytes at a time. A digit by itself is none. */
const pairs = Uint8Array.from({ length: 65_536 }, (_, two) => {
  const [first, second] = [kinds[two & 255] as number, kinds[two >> 8] as number]
  return first > KIND.digit || second > KIND.digit || first + second === 2 * KIND.digit ? 1 : 0
})

export function isSuspicious(bytes: DataView, start: number, end: number): boolean {
  if (end - start < MIN_LENGTH) return false
  let digits = 0
  const lastFour = end - 4
  for (let at = start; at < end; at++) {
    while (at <= lastFour) {
      const four = bytes.getInt32(at, true)
      if (pairs[four & 0xff_ff] === 1) break
      digits = 0
      at += 2
      if (pairs[four >>> 16] === 1) break
      at += 2
    }
    if (at >= end) return false
    const kind = kinds[bytes.getUint8(at)] as number
    if (kind === KIND.digit) {
      if (++digits >= CARD_DIGITS) return true
    } else {
      if (kind !== KIND.space && kind !== KIND.dash) digits = 0
      if (kind !== KIND.other && beginsForm(bytes, at, kind, at === start)) return true
    }
  }
  return false
}

function beginsForm(bytes: DataView, at: number, kind: number, isFirst: boolean): boolean {
  const last = isFirst ? SLASH : bytes.getUint8(at - 1)
  if (kind === KIND.equals) return true
  if (kind === KIND.colon) return (last !== SLASH && last !== COLON) || (at + 1 < bytes.byteLength && bytes.getUint8(at + 1) === SLASH)
  if (isFirst) return false
  return endsBeginning(bytes, at, kind, last)
}

/** Whether a byte behind others ends the beginning of a form. */
function endsBeginning(bytes: DataView, at: number, kind: number, last: number): boolean {
  const before = at > 1 ? bytes.getUint8(at - 2) : 0
  const letters = ((before | LOWER) << 8) | (last | LOWER)
  switch (kind) {
    case KIND.wide:
      return last === 0xbc && before === 0xef
    case KIND.space:
      return WORD_ENDS[letters] === 1
    case KIND.dash: // two begin an option, or the armour of a private key
      return last === DASH || DASHED[letters] === 1 || before === X
    default:
      return ISSUED[letters] === 1 || (before === H && bytes.getUint8(at) === UNDERSCORE)
  }
}
