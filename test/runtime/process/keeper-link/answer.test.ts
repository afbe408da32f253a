import { SpyglassError } from '@spyglass/agent/contract'
import { answerOf } from '@spyglass/process/keeper-link'
import { expect, test } from 'vitest'

const asked = { type: 'ask', id: 7, operation: 'double', arguments: { n: 4 } } as const

test('the answer has the number of the question and the result, be it there at once or later', async () => {
  expect(await answerOf(asked, (operation, { n }) => `${operation} ${Number(n) * 2}`)).toEqual({
    type: 'answer',
    id: 7,
    result: 'double 8',
  })
  expect(await answerOf(asked, async () => undefined)).toEqual({ type: 'answer', id: 7, result: undefined })
})

test('what went wrong is the answer, with its code', async () => {
  const wrong = (error: Error) =>
    answerOf(asked, () => {
      throw error
    })
  expect(await wrong(new SpyglassError('SPY_X', 'it is %s', ['wrong']))).toEqual({
    type: 'answer',
    id: 7,
    error: 'it is wrong',
    code: 'SPY_X',
  })
  expect(await wrong(new TypeError('no'))).toEqual({ type: 'answer', id: 7, error: 'no' })
})
