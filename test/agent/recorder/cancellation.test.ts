import { expect, test } from 'vitest'
import { faultOf, isCancellation } from '../../../agent/src/recorder/cancellation.ts'

const abort = (more: object = {}) => Object.assign(new Error('aborted'), { name: 'AbortError' }, more)
const timeout = Object.assign(new Error('too slow'), { name: 'TimeoutError' })

test.each([
  ['of AbortController', abort(), true],
  ['of axios', Object.assign(new Error('canceled'), { name: 'CanceledError', code: 'ERR_CANCELED' }), true],
  ['of a pipeline', Object.assign(new Error('aborted'), { code: 'ABORT_ERR' }), true],
  ['of a time limit', timeout, false],
  ['of a time limit that Node hides behind an abort', abort({ cause: timeout }), false],
  ['of the peer', Object.assign(new Error('reset'), { code: 'ECONNRESET' }), false],
  ['that is nothing', undefined, false],
])('an error %s', (_, error, expected) => expect(isCancellation(error)).toBe(expected))

test('the fault behind an abort is the time limit that ran out', () => {
  expect(faultOf(abort({ cause: timeout }))).toBe(timeout)
  const plain = abort()
  expect(faultOf(plain)).toBe(plain)
})
