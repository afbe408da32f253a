import { array, assert, constantFrom, property, tuple } from 'fast-check'
import { expect, test } from 'vitest'
import { RULE, type Rule } from '../../../collector/src/redact/key-rules.ts'
import { Plain } from '../../../collector/src/redact/plain.ts'
import { Redactor } from '../../../collector/src/redact/redactor.ts'
import { SafeTexts } from '../../../collector/src/redact/safe-texts.ts'

function searcher() {
  const plain = new Plain()
  const redactor = new Redactor()
  const texts = new SafeTexts(redactor, plain)
  /** What is stored of a text, which stands between others. */
  const stored = (rule: Rule, text: string, system = ''): string => {
    const bytes = Buffer.from(`//a${text}/=`)
    plain.read(bytes)
    return (texts.replacement(rule, 3, bytes.length - 2, system) ?? Buffer.from(text)).toString()
  }
  return { redactor, stored }
}

const piece = constantFrom(
  ...'/ // : ? # @ = & . - % ; http:// https:// wss:// /v1 /orders/17 shop.example.net localhost :8080 user pw token: password Bearer '.split(
    ' ',
  ),
  ...'hooks.slack.com Hooks.Slack.com services workflows T00000000/B00000000/XXXXXXXXXXXX eyJhbGciOi.eyJzdWIiOi 4111111111111111'.split(
    ' ',
  ),
  ...'4111-1111-1111 1111 AKIAIOSFODNN7EXAMPLE ghp_0123456789abcdefghijABCDEF sk_live_12345678 hvs.0123456789abcdefghijk <secret> "'.split(
    ' ',
  ),
  ' ',
  'select a from t where b = 1',
  '密码：',
)

test('a URL is stored as when it is searched, whatever was searched before it', () => {
  const { redactor, stored } = searcher()
  assert(
    property(array(piece, { maxLength: 8 }), (pieces) => {
      const url = pieces.join('')
      for (let time = 0; time < 2; time++) expect(stored(RULE.url, url)).toBe(redactor.textOf(RULE.url, url, ''))
    }),
    { numRuns: 20_000 },
  )
})

test('a host that was searched makes other paths of it quick to judge, and no secret in them plain', () => {
  const { stored } = searcher()
  for (const [url, expected] of [
    ['http://shop.example.net:8080/orders/1', 'http://shop.example.net:8080/orders/1'],
    ['http://shop.example.net:8080/orders/2', 'http://shop.example.net:8080/orders/2'],
    ['http://shop.example.net:8080/orders/2?q=1', 'http://shop.example.net:8080/orders/2?q=?'],
    ['http://shop.example.net:8080/sk_live_12345678', 'http://shop.example.net:8080/[redacted]'],
    ['http://shop.example.net:8080/4111111111111111', 'http://shop.example.net:8080/[redacted]'],
    ['https://hooks.slack.com/', 'https://hooks.slack.com/'],
    ['https://hooks.slack.com/services/T00000000/B00000000/X', 'https://hooks.slack.com/services/[redacted]'],
    ['//bob:hunter2@host/a', '//[redacted]@host/a'],
  ])
    expect(stored(RULE.url, url!)).toBe(expected)
})

test('a statement is stored in its normal form, in the dialect of its database, whatever was normalised before it', () => {
  const { redactor, stored } = searcher()
  const text = constantFrom(
    'SELECT 1',
    "SELECT 'a\\'b'",
    'SELECT "a" FROM t',
    'GET a',
    'SELECT a FROM t WHERE b = $1',
    `SELECT '${'x'.repeat(5000)}'`,
  )
  const system = constantFrom('', 'mysql', 'postgresql', 'redis', 'mongodb')
  const rule = constantFrom<Rule>(RULE.statement, RULE.summary)
  assert(
    property(array(tuple(rule, text, system), { maxLength: 12 }), (statements) => {
      for (const [by, statement, of] of statements) expect(stored(by, statement, of)).toBe(redactor.textOf(by, statement, of))
    }),
  )
})

test('only the first 66,560 bytes are stored of a longer text, searched or not', () => {
  const { stored } = searcher()
  expect(stored(RULE.query, 'a'.repeat(70_000))).toBe('?')
  expect(stored(RULE.secret, 'hunter2')).toBe('[redacted]')
  expect([stored(RULE.secret, ''), stored(RULE.system, 'mysql')]).toEqual(['', 'mysql'])
})
