import fastify from 'fastify'
import { expect, test } from 'vitest'
import { errorAnswer } from '../../../../runtime/src/application/error-answer.ts'
import type { OverloadError } from '../../../../runtime/src/datasource/errors.ts'
import { openShop } from '../fixture.ts'

/** The errors of a pool that has nothing to lend: a borrower that waited too long, and one that was refused at once. */
async function refusals(): Promise<OverloadError[]> {
  await using pool = await openShop({ max: 1, maxWaiting: 1, acquireTimeoutMs: 5000 })
  using _ = await pool.shop.connect()
  const refusal = (promise: Promise<unknown>): Promise<OverloadError> =>
    promise.then(
      () => expect.unreachable('a pool that has nothing to lend lent something'),
      (error: OverloadError) => error,
    )
  const late = refusal(pool.shop.query('SELECT 1'))
  const refused = await refusal(pool.shop.query('SELECT 2'))
  pool.clock.advance(5000)
  return [await late, refused]
}

test('a Fastify application that does not handle them answers 503 with Retry-After', async () => {
  for (const error of await refusals()) {
    const app = fastify()
    app.get('/', () => Promise.reject(error))
    const answer = await app.inject('/')
    expect(answer.statusCode).toBe(503)
    expect(answer.headers['retry-after']).toBe('1')
    expect(answer.json()).toMatchObject({ code: error.code })
  }
})

test('a plain handler that throws them answers 503 with Retry-After, without the details that the log has', async () => {
  for (const error of await refusals()) {
    expect(errorAnswer(error)).toEqual({
      status: 503,
      headers: { 'retry-after': '1' },
      body: { statusCode: 503, code: error.code, message: 'the application cannot answer this now; try again later' },
    })
  }
})

test('Hono finds a response in them', async () => {
  for (const error of await refusals()) {
    const response = error.getResponse()
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await response.json()).toMatchObject({ code: error.code })
  }
})

test('any other error is 500, and one with a status of the HTTP errors keeps it', () => {
  expect(errorAnswer(new Error('password=x'))).toMatchObject({ status: 500, headers: {}, body: { message: 'the application failed' } })
  expect(errorAnswer('text')).toMatchObject({ status: 500 })
  expect(errorAnswer(undefined)).toMatchObject({ status: 500 })
  expect(errorAnswer(Object.assign(new Error('x'), { status: 200, statusCode: '503' }))).toMatchObject({ status: 500 })
  expect(errorAnswer(Object.assign(new Error('x'), { status: 429, headers: { 'retry-after': '7', bad: 1 } }))).toEqual({
    status: 429,
    headers: { 'retry-after': '7' },
    body: { statusCode: 429, message: 'the application refused the request' },
  })
})
