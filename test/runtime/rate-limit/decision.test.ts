import { expect, test } from 'vitest'
import { decisionOf, fieldsOf, PASSED } from '../../../runtime/src/rate-limit/decision.ts'

const limit = { max: 100, windowMs: 60_000 }

test('what is allowed is told its policy and what remains, in the form of the draft', () => {
  expect(fieldsOf('api', limit, decisionOf({ isAllowed: true, remaining: 7, inMs: 1200 }))).toEqual({
    'ratelimit-policy': '"api";q=100;w=60',
    ratelimit: '"api";r=7;t=2',
  })
})

test('what is refused is told when to come back, in whole seconds and never at once', () => {
  expect(fieldsOf('api', limit, decisionOf({ isAllowed: false, remaining: 0, inMs: 0 }))).toMatchObject({
    ratelimit: '"api";r=0;t=1',
    'retry-after': '1',
  })
})

test('where nothing is counted, nothing is told', () => {
  expect(fieldsOf('api', limit, PASSED)).toEqual({})
})
