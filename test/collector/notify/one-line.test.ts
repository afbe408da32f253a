import fc from 'fast-check'
import { expect, test } from 'vitest'
import { oneLine } from '../../../collector/src/notify/one-line.ts'

test('whatever was written is one line', () => {
  expect(oneLine('SELECT 1\n\n  FROM x\u2028Since')).toBe('SELECT 1 FROM x Since')
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !/[\n\v\f\r\u0085\u2028\u2029]/.test(oneLine(text))))
})
