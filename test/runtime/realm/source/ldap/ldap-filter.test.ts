import fc from 'fast-check'
import { FilterParser } from 'ldapts'
import { expect, test } from 'vitest'
import { escapedValue, filterWith } from '../../../../../runtime/src/realm/source/ldap/ldap-filter.ts'

test('what has a meaning of its own in a filter is escaped (RFC 4515 section 4)', () => {
  expect(escapedValue('Parens R Us (for all your parenthetical needs)')).toBe(
    String.raw`Parens R Us \28for all your parenthetical needs\29`,
  )
  expect([escapedValue('*'), escapedValue(String.raw`C:\MyFile`), escapedValue('a\0')]).toEqual([
    String.raw`\2a`,
    String.raw`C:\5cMyFile`,
    String.raw`a\00`,
  ])
})

test('values come to their places once: what a value holds is no place', () => {
  expect(filterWith('(|(uid={user})(mail={user})(x={other}))', { user: '{user}{dn}' })).toBe(
    '(|(uid={user}{dn})(mail={user}{dn})(x={other}))',
  )
  expect(filterWith('(uid={constructor})', { user: 'a' })).toBe('(uid={constructor})')
})

test('whatever a user writes, the filter asks for that value and nothing else', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary', minLength: 1 }), fc.stringMatching(/^[*()\\&|!=a-c\0]+$/)), (user) => {
      const { attribute, value } = FilterParser.parseString(filterWith('(uid={user})', { user })) as unknown as Record<string, unknown>
      expect([attribute, value]).toEqual(['uid', user])
    }),
  )
})
