import fc from 'fast-check'
import { expect, test } from 'vitest'
import { directivesOf, msOf, textOf } from '../../../../runtime/src/cache/page/cache-control.ts'

const name = fc.stringMatching(/^[a-z][a-z-]{0,12}$/)
const value = fc.oneof(fc.nat(100_000).map(String), fc.stringMatching(/^[ -~]{0,12}$/))

test('directives are read as they were written, whatever their case and quotes', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(name, fc.option(value)), { selector: ([one]) => one }), fc.boolean(), (directives, isUpper) => {
      const written = directives.map(([one, given]) => {
        const key = isUpper ? one.toUpperCase() : one
        return given === null ? key : `${key}="${given.replaceAll(/["\\]/g, '\\$&')}"`
      })
      expect([...directivesOf(written.join(', '))]).toEqual(directives.map(([one, given]) => [one, given ?? '']))
    }),
  )
})

test('garbage never throws', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect([...directivesOf(text).keys()].every((one) => text.toLowerCase().includes(one))).toBe(true)
    }),
  )
})

test('a name that only looks like a directive is none', () => {
  expect([...directivesOf('x-private, extension="no-store, max-age=9"').keys()]).toEqual(['x-private', 'extension'])
})

test('times are milliseconds; what cannot be read is 0; the first of two counts', () => {
  const directives = directivesOf('max-age=5, s-maxage=x, Max-Age=9, stale-while-revalidate=99999999999')
  expect(['max-age', 's-maxage', 'stale-while-revalidate', 'none'].map((one) => msOf(directives, one))).toEqual([
    5000,
    0,
    2_147_483_648_000,
    undefined,
  ])
  expect([textOf(['a', 'b']), textOf(7), textOf(undefined)]).toEqual(['a, b', '7', undefined])
})
