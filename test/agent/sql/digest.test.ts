import { expect, test } from 'vitest'
import { digestOf } from '../../../agent/src/sql/digest.ts'

test('a digest is 16 hexadecimal digits, the same in every version: stored rows are found by it', () => {
  expect(digestOf('SELECT ?')).toBe('89f91932f73b2df6')
  expect(digestOf('')).toMatch(/^[\da-f]{16}$/)
})

test.each([
  ['SELECT a,b FROM t', 'select  a , b\nfrom T'],
  ['a = ?', 'a=?'],
  ['IN (?)', 'in(?)'],
  ['f(x)', 'F (X)'],
])('%s and %s are one', (one, other) => {
  expect(digestOf(one)).toBe(digestOf(other))
})

test.each([
  ['SELECT "a" FROM t', 'SELECT "A" FROM t'],
  ['SELECT "a b" FROM t', 'SELECT "ab" FROM t'],
  ['SELECT `a` FROM t', 'SELECT `A` FROM t'],
  ['SELECT a b', 'SELECT ab'],
  ['a b?', 'ab?'],
  ['a = ?', 'a <> ?'],
  ['"a" b', '"a" B c'],
])('%s and %s are two', (one, other) => {
  expect(digestOf(one)).not.toBe(digestOf(other))
})

test('after a quoted name words are compared without their case again', () => {
  expect(digestOf('"Q" FROM T')).toBe(digestOf('"Q" from t'))
})

test('many alike texts have different digests', () => {
  const digests = new Set(Array.from({ length: 100_000 }, (_, n) => digestOf(`SELECT column_${n} FROM t`)))
  expect(digests.size).toBe(100_000)
})

test('capital letters of ASCII are read as small ones, their neighbours as they are', () => {
  expect([digestOf('AZ'), digestOf('x"AZ"AZ')]).toEqual([digestOf('az'), digestOf('x"AZ"az')])
  for (const [one, other] of [
    ['@', '`'],
    ['[', '{'],
    ['É', 'é'],
  ] as const) {
    expect(digestOf(`${one} a`)).not.toBe(digestOf(`${other} a`))
  }
})

test('space at either end does not count', () => {
  expect([digestOf(' a'), digestOf('a '), digestOf('\ta\n')]).toEqual([digestOf('a'), digestOf('a'), digestOf('a')])
})

test.each(['', 'a', '?', 'SELECT a, b FROM "T" WHERE c = ?', 'select count(*) from orders'])(
  'the digest of %j is that of its definition',
  (text) => {
    expect(digestOf(text)).toBe(referenceDigest(text))
  },
)

/** The digest by whole numbers. */
function referenceDigest(text: string): string {
  const word = (value: bigint): bigint => BigInt.asUintN(32, value)
  let [a, b] = [0xdeadbeefn, 0x41c6ce57n]
  for (const unit of units(text)) {
    a = word((a ^ unit) * 2_654_435_761n)
    b = word((b ^ unit) * 1_597_334_677n)
  }
  const mixed = (one: bigint, other: bigint): bigint =>
    word((one ^ (one >> 16n)) * 2_246_822_507n) ^ word((other ^ (other >> 13n)) * 3_266_489_909n)
  const first = mixed(a, b)
  return [mixed(b, first), first].map((half) => half.toString(16).padStart(8, '0')).join('')
}

function units(text: string): bigint[] {
  const folded = text.replaceAll(/"[^"]*"|[^"]+/g, (part) => (part.startsWith('"') ? part : part.toLowerCase()))
  const kept = folded.replaceAll(/\s+/g, (_, at: number) => (/\w/.test(folded[at - 1] ?? '') && /\w/.test(folded[at + 1] ?? '') ? ' ' : ''))
  return Array.from({ length: kept.length }, (_, i) => BigInt(kept.charCodeAt(i)))
}
