import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { messageOf } from '../../../agent/src/contract/errors.ts'

test('whatever is thrown has a message', () => {
  fc.assert(fc.property(fc.anything({ withNullPrototype: true }), (thrown) => typeof messageOf(thrown) === 'string'))
  expect(messageOf(new Error('no such table'))).toBe('no such table')
  expect(messageOf('as a text')).toBe('as a text')
  expect(messageOf(Object.create(null))).toBe('a thrown object')
  expect(messageOf(Object.assign(new Error('x'), { message: 42 }))).toBe('42')
})
