import type { IncomingMessage } from 'node:http'
import fastify from 'fastify'
import { expect, test } from 'vitest'
import { Limiter } from '../../../runtime/src/rate-limit/limiter.ts'
import { frameworks, serveWith } from '../middleware/frameworks.ts'
import { openLimit } from './fixture.ts'

/** Asks three times. */
async function askThrice(framework: string, limiter: Limiter<never>, headers: Record<string, string> = {}) {
  await using served = await serveWith(framework, limiter)
  const answers: Response[] = []
  for (let i = 0; i < 3; i++) answers.push(await fetch(served.url, { headers }))
  const bodies = await Promise.all(answers.map((answer) => answer.text()))
  return { statuses: answers.map(({ status }) => status), answers, bodies }
}

test.each(Object.keys(frameworks))('with %s, what is over the limit is answered 429 with the fields of the draft', async (framework) => {
  const { limit } = openLimit({ windowMs: 60_000 })
  const { statuses, answers, bodies } = await askThrice(framework, new Limiter<never>(limit))
  expect(statuses).toEqual([200, 200, 429])
  expect(answers[0]!.headers.get('ratelimit')).toMatch(/^"api";r=1;t=\d+$/)
  expect(answers[2]!.headers.get('ratelimit-policy')).toBe('"api";q=2;w=60')
  expect(Number(answers[2]!.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(bodies).toEqual(['ok', 'ok', expect.stringContaining('SPY_RATE_LIMITED')])
})

test('an address that is exempt is not counted', async () => {
  const { limit } = openLimit({ exempt: ['loopback'] })
  const { statuses, answers } = await askThrice('express', new Limiter<never>(limit))
  expect(statuses).toEqual([200, 200, 200])
  expect(answers[0]!.headers.has('ratelimit')).toBe(false)
})

test.each(Object.keys(frameworks))('with %s, the application says which account a request is of', async (framework) => {
  const { limit } = openLimit({ by: 'account', max: 1 })
  const keyOf = (request: { readonly headers: IncomingMessage['headers'] }): string | undefined =>
    request.headers['x-user'] as string | undefined
  const limiter = new Limiter(limit, { keyOf }) as unknown as Limiter<never>
  expect((await askThrice(framework, limiter, { 'x-user': 'alice' })).statuses).toEqual([200, 429, 429])
  expect((await askThrice(framework, limiter, { 'x-user': 'bob' })).statuses).toEqual([200, 429, 429])
  expect((await askThrice(framework, limiter)).statuses).toEqual([200, 200, 200])
})

test('a limit by account cannot be used without one', async () => {
  const { limit } = openLimit({ by: 'account' })
  const app = fastify()
  await app.register(new Limiter(limit).fastify)
  app.get('/', () => 'ok')
  expect((await app.inject('/')).json()).toMatchObject({ code: 'SPY_RATE_LIMIT_NO_KEY' })
})

test('it can be asked without any framework, and a challenge lets pass', async () => {
  const { limit } = openLimit({ max: 1 })
  const limiter = new Limiter<never>(limit)
  const long = 'x'.repeat(1_000_000)
  expect([await limiter.take(long), await limiter.take(long)]).toMatchObject([{ isAllowed: true }, { isAllowed: false }])
  limiter.challenge((request) => request.headers['x-solved'] === 'yes')
  expect((await askThrice('express', limiter, { 'x-solved': 'yes' })).statuses).toEqual([200, 200, 200])
})
