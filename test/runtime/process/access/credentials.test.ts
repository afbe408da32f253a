import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { isRight, isSame, parseBasic, parseBearer } from '../../../../runtime/process/src/access/credentials.ts'

test('any user without a colon and any password come back from a Basic header', () => {
  const user = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes(':'))
  fc.assert(
    fc.property(user, fc.string({ unit: 'grapheme' }), (name, password) => {
      const header = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
      expect(parseBasic(header)).toEqual({ user: name, password })
    }),
  )
})

test.each([
  ['basic YWRtaW46cHc=', { user: 'admin', password: 'pw' }],
  ['BASIC   YWRtaW46cHc', { user: 'admin', password: 'pw' }],
  [`Basic ${Buffer.from('admin').toString('base64')}`, { user: 'admin', password: '' }],
  ['Basic', undefined],
  ['Basic ===', undefined],
  ['Bearer YWRtaW46cHc=', undefined],
  ['Basic YWRt aW46', undefined],
  [undefined, undefined],
])('%j is read as %j', (header, expected) => expect(parseBasic(header)).toEqual(expected))

test('a bearer token is what stands behind the word', () => {
  expect([parseBearer('Bearer abc.d-e'), parseBearer('bearer  x '), parseBearer('Basic x'), parseBearer('Bearer a b')]).toEqual([
    'abc.d-e',
    'x',
    undefined,
    undefined,
  ])
})

test('both user and password must be right', () => {
  const wanted = { user: 'admin', password: 'secret-password' }
  expect(isRight({ ...wanted }, wanted)).toBe(true)
  expect(isRight({ user: 'admin', password: 'secret-passwor' }, wanted)).toBe(false)
  expect(isRight({ user: 'Admin', password: 'secret-password' }, wanted)).toBe(false)
  expect([isSame('', ''), isSame('a', 'a'), isSame('a', 'aa')]).toEqual([true, true, false])
})
