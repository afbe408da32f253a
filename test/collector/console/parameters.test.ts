import fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeOf } from '@spyglass/agent/contract'
import { limitOf, rangeOf, textParameter, traceIdOf } from '../../../collector/src/console/parameters.ts'

const now = Date.UTC(2026, 0, 2, 3, 4, 5)

test('by default it is the last hour, from a whole minute on', () => {
  expect(rangeOf({}, now)).toEqual({ from: Date.UTC(2026, 0, 2, 2, 4), to: now, stepSeconds: 60 })
})

test('the step suits the range: a chart has at most about 240 points', () => {
  const ranges = fc.record({ to: fc.integer({ min: 400 * 86_400_000, max: 4e12 }), length: fc.integer({ min: 1, max: 399 * 86_400_000 }) })
  fc.assert(
    fc.property(ranges, ({ to, length }) => {
      const { from, stepSeconds } = rangeOf({ from: String(to - length), to: String(to) }, now)
      expect(stepSeconds % 60).toBe(0)
      expect((to - from) / 1000 / stepSeconds).toBeLessThanOrEqual(242)
    }),
  )
})

test('any text in any parameter is either taken or refused with a code', () => {
  const parsers = [
    rangeOf,
    (query: Record<string, unknown>) => limitOf(query),
    (query: Record<string, unknown>) => textParameter(query, 'from'),
  ]
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom('from', 'to', 'step', 'limit'), fc.oneof(fc.string(), fc.integer().map(String), fc.array(fc.string()))),
      (query) => {
        for (const parse of parsers) {
          try {
            parse(query, now)
          } catch (error) {
            expect(codeOf(error)).toBe('SPY_CONSOLE_PARAMETER_INVALID')
          }
        }
      },
    ),
  )
})

test('a trace id is 32 hexadecimal digits', () => {
  expect(traceIdOf('A1B2C3D4E5F60718293A4B5C6D7E8F90')).toBe('a1b2c3d4e5f60718293a4b5c6d7e8f90')
  expect(() => traceIdOf("' OR 1=1")).toThrow('32 hexadecimal digits')
})
