import { expect, test } from 'vitest'
import { SpyglassError } from '@spyglass/agent/contract'
import { answerTo } from '../../../runtime/src/instance/answers.ts'

const ask = (operation: string, given: Readonly<Record<string, unknown>> = {}) =>
  ({ type: 'ask', id: 7, operation, arguments: given }) as const
const running = { id: 'ab', traceId: 'cd', name: 'GET /', ageMs: 1, application: '', waitsFor: '', waitMs: 0, cancellable: true }
const taken = { traceId: 'a', durationMs: 1000, cpuMs: 1, kind: 'cpu', by: 'node:inspector' } as const
const agent = { runningRequests: () => [running], cancelRequest: (id: string) => id === 'ab', profile: async () => taken }
const told: unknown[] = []
const resources = { carryOut: (...given: unknown[]) => void told.push(given) }

test('an instance shows its requests, cancels one, and takes a profile', async () => {
  expect(await answerTo(ask('runningRequests'), { agent, resources })).toEqual({ type: 'answer', id: 7, result: [running] })
  expect(await answerTo(ask('cancelRequest', { id: 'ab' }), { agent, resources })).toEqual({ type: 'answer', id: 7, result: undefined })
  expect(await answerTo(ask('profile', { seconds: 1 }), { agent, resources })).toEqual({ type: 'answer', id: 7, result: taken })
})

test('what cannot be done is an answer as well, with its code', async () => {
  const refused = await answerTo(ask('cancelRequest', { id: 'xx' }), { agent, resources })
  expect(refused).toMatchObject({ code: 'SPY_REQUEST_NOT_CANCELLED', error: expect.stringContaining('xx') as string })
  expect(await answerTo(ask('other', { id: 'ab' }), { agent, resources })).toMatchObject({ code: 'SPY_INSTANCE_OPERATION' })
  expect((await answerTo(ask('runningRequests'), { agent: undefined, resources })).error).toContain('no agent')
  const profile = () => Promise.reject(new SpyglassError('SPY_PROFILE_RUNNING', 'not now'))
  expect(await answerTo(ask('profile'), { agent: { ...agent, profile }, resources })).toMatchObject({
    code: 'SPY_PROFILE_RUNNING',
    error: 'not now',
  })
})

test('a connection of a datasource is taken back, with or without an agent', async () => {
  const given = { datasource: 'shop', connection: 3 }
  expect(await answerTo(ask('reclaim', given), { agent: undefined, resources })).toEqual({ type: 'answer', id: 7, result: undefined })
  expect(told).toEqual([['datasources', 'shop', { operation: 'reclaim', given }]])
})
