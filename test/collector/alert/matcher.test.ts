import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatMatcher, matches, parseMatcher } from '../../../collector/src/alert/matcher.ts'

const pool = { alertname: 'PoolExhausted', pool: 'shop', instance: 'shop-1' }
const fits = (given: unknown): boolean => matches(parseMatcher(given), pool)

test('matchers are read as Alertmanager writes them, quoted or not, and as its JSON', () => {
  expect([fits('pool=shop'), fits('pool = "shop"'), fits('pool!="shop"'), fits('pool=~"sh.*"'), fits('pool!~"x|y"')]).toEqual([
    true,
    true,
    false,
    true,
    true,
  ])
  expect(fits({ name: 'pool', value: 'shop', isRegex: false, isEqual: true })).toBe(true)
  expect(fits({ name: 'pool', value: 'shop' })).toBe(true)
  expect(fits({ name: 'pool', value: 'sh', isRegex: true })).toBe(false) // the whole value must fit
  expect(fits({ name: 'pool', value: 'sh.*', isRegex: true, isEqual: false })).toBe(false)
})

test('a label that is missing counts as an empty one', () => {
  expect([fits('service=""'), fits('service!="shop"'), fits('service=~".+"')]).toEqual([true, true, false])
})

test('what is no matcher is refused', () => {
  for (const given of [
    '',
    'pool',
    '=x',
    'a b=c',
    'pool=~"("',
    1,
    undefined,
    {},
    { name: 'pool' },
    { name: '1', value: 'x' },
    `a=${'x'.repeat(1001)}`,
  ])
    expect(() => parseMatcher(given)).toThrow(expect.objectContaining({ code: 'SPY_SILENCE_INVALID' }))
})

test('a pattern that would never end fits nothing, and holds nobody up', () => {
  const matcher = parseMatcher({ name: 'pool', value: '(a+)+$', isRegex: true })
  expect(matches(matcher, { pool: `${'a'.repeat(60)}b` })).toBe(false)
})

test('what is written is read back', () => {
  const matcher = fc.record({
    name: fc.stringMatching(/^[a-z_]{1,8}$/),
    value: fc.string({ maxLength: 30 }), // printable ASCII
    isRegex: fc.constant(false),
    isEqual: fc.boolean(),
  })
  fc.assert(
    fc.property(matcher, (one) => {
      expect(parseMatcher(formatMatcher(one))).toEqual(one)
    }),
  )
})
