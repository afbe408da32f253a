import fc from 'fast-check'
import { Script } from 'node:vm'
import { expect, test, onTestFinished, vi } from 'vitest'
import { allMatch, formatMatcher, type Labels, parseMatcher, whichMatch } from '../../../collector/src/alert/matcher.ts'

const pool = { alertname: 'PoolExhausted', pool: 'shop', instance: 'shop-1' }
const fits = (given: unknown, labels: Labels = pool): boolean => allMatch([parseMatcher(given)], labels)

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
  const endless = { name: 'pool', value: '(a+)+$', isRegex: true }
  const labels = { pool: `${'a'.repeat(60)}b` }
  expect([fits(endless, labels), fits({ ...endless, isEqual: false }, labels)]).toEqual([false, false])
  const lists = [[parseMatcher('pool=~"a+b"')], [parseMatcher(endless)], [parseMatcher('pool=~".*b"')]]
  expect(whichMatch(lists, labels)).toEqual([true, false, true])
})

test('a thousand silences with fifty patterns are compared in one go, each pattern once', () => {
  const lists = Array.from({ length: 1000 }, (_, i) =>
    Array.from({ length: 50 }, (__, j) => parseMatcher(`instance=~"shop-${i}|shop-1|x${j}"`)),
  )
  const before = process.cpuUsage()
  const fitting = whichMatch(lists, pool)
  const { user, system } = process.cpuUsage(before)
  expect(fitting.filter(Boolean)).toHaveLength(1000)
  expect((user + system) / 1e6).toBeLessThan(5) // it was half a minute
})

test('a pattern is tested once for each value, however often it is asked about', () => {
  const run = vi.spyOn(Script.prototype, 'runInContext')
  onTestFinished(() => run.mockRestore())
  const matchers = [parseMatcher('pool=~"once-.*"')]
  const asked = ['once-1', 'other', 'once-1', 'other'].map((pool) => allMatch(matchers, { pool }))
  expect([asked, run.mock.calls.length]).toEqual([[true, false, true, false], 2])
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
