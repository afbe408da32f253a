import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FailuresInARow } from '../../../../runtime/src/instance/health/failures-in-a-row.ts'

test('a check fails when its last results, as many as the limit, were all failures', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.boolean()), (limit, results) => {
      const failures = new FailuresInARow(limit)
      for (const [at, isGood] of results.entries()) {
        failures.result('probe', isGood ? undefined : 'bad')
        const last = results.slice(Math.max(0, at + 1 - limit), at + 1)
        expect(failures.problem !== '').toBe(last.length === limit && !last.includes(true))
      }
    }),
  )
})

test('checks do not count for each other, and all that fail are named', () => {
  const failures = new FailuresInARow(2)
  failures.result('probe', 'no answer')
  failures.result('heap', '9 MiB')
  failures.result('probe', 'no answer')
  expect(failures.problem).toBe('no answer, 2 times in a row')
  failures.result('heap', '10 MiB')
  expect(failures.problem).toBe('no answer, 2 times in a row; 10 MiB, 2 times in a row')
  failures.result('probe', undefined)
  expect(failures.problem).toBe('10 MiB, 2 times in a row')
})
