import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isRight, parseBasic } from '../../../collector/src/console/credentials.ts'

const wanted = { user: 'admin', password: 'korrekt:pferd' }

test('only the right user with the right password is let in', () => {
  expect(isRight({ ...wanted }, wanted)).toBe(true)
  expect(isRight({ ...wanted, user: 'Admin' }, wanted)).toBe(false)
  expect(isRight({ ...wanted, password: 'korrekt' }, wanted)).toBe(false)
  expect(isRight({ user: '', password: '' }, wanted)).toBe(false)
})

test('a Basic header gives back what went into it; a password may hold colons', () => {
  const users = fc.string({ unit: 'grapheme' }).filter((user) => !user.includes(':'))
  fc.assert(
    fc.property(users, fc.string({ unit: 'grapheme' }), (user, password) => {
      const header = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
      expect(parseBasic(header)).toEqual({ user, password })
    }),
  )
})

test('whatever is no Basic header is nobody', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(parseBasic(text)).toBeUndefined()
      expect(parseBasic(`Bearer ${text}`)).toBeUndefined()
    }),
  )
  expect(parseBasic(undefined)).toBeUndefined()
  expect(parseBasic(`Basic ${Buffer.from('no colon').toString('base64')}`)).toBeUndefined()
})
