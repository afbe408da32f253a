import { expect, test } from 'vitest'
import { answerTo } from '../../../runtime/src/instance/answers.ts'

const ask = (operation: string, given: Readonly<Record<string, unknown>> = {}) =>
  ({ type: 'ask', id: 7, operation, arguments: given }) as const
const running = { id: 'ab', traceId: 'cd', name: 'GET /', ageMs: 1, application: '', waitsFor: '', waitMs: 0, cancellable: true }
const agent = { runningRequests: () => [running], cancelRequest: (id: string) => id === 'ab' }

test('an instance shows its requests and cancels one', () => {
  expect(answerTo(ask('runningRequests'), agent)).toEqual({ type: 'answer', id: 7, result: [running] })
  expect(answerTo(ask('cancelRequest', { id: 'ab' }), agent)).toEqual({ type: 'answer', id: 7, result: undefined })
})

test('what cannot be done is an answer as well', () => {
  expect(answerTo(ask('cancelRequest', { id: 'xx' }), agent).error).toContain('xx')
  expect(answerTo(ask('runningRequests'), undefined).error).toContain('no agent')
})
