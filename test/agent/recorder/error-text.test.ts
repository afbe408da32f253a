import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { errorStack, errorText, errorTypeOf } from '../../../agent/src/recorder/error-text.ts'

const throwing = (...names: string[]): Error => {
  const error = new Error('hidden')
  for (const name of names) Object.defineProperty(error, name, { get: () => { throw new Error('a trap') } }) // prettier-ignore
  return error
}

test('an error whose getters throw is told by what is left of it', () => {
  const error = throwing('code', 'name', 'message', 'stack', 'cause')
  expect([errorTypeOf(error), errorText(error), errorStack(error)]).toEqual(['Error', '', 'Error: '])
})

test('what is thrown and is no error is told by its type', () => {
  expect([errorTypeOf('x'), errorText('x'), errorStack('x')]).toEqual(['string', 'x', undefined])
  expect([errorTypeOf(null), errorText(undefined), errorStack(7)]).toEqual(['object', 'a thrown undefined', undefined])
})

test('an error of another realm is an error', () => {
  const foreign: unknown = runInNewContext('new TypeError("there")')
  expect([errorTypeOf(foreign), errorText(foreign)]).toEqual(['TypeError', 'there'])
  expect(errorStack(foreign)).toContain('TypeError: there')
})

test('the stack tells causes and the parts of an AggregateError, each once', () => {
  const cause = new RangeError('the cause')
  const outer = new AggregateError([new TypeError('the part'), 'text'], 'all failed', { cause })
  cause.cause = outer
  const stack = errorStack(outer) ?? ''
  expect(stack.match(/AggregateError: all failed|Part: TypeError: the part|Part: text|Caused by: RangeError: the cause/g)).toEqual([
    'AggregateError: all failed',
    'Part: TypeError: the part',
    'Part: text',
    'Caused by: RangeError: the cause',
  ])
})

test('anything may be thrown', () => {
  fc.assert(
    fc.property(fc.anything(), fc.anything(), (thrown, cause) => {
      for (const value of [thrown, new Error('x', { cause }), new AggregateError([thrown, cause])]) {
        expect(errorTypeOf(value).length).toBeLessThanOrEqual(64)
        expect(errorText(value).length).toBeLessThanOrEqual(2048)
        expect(errorStack(value)?.length ?? 0).toBeLessThanOrEqual(8192)
      }
    }),
  )
})
