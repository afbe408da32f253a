import fastify from 'fastify'
import { expect, test } from 'vitest'
import { sendRunbook } from '../../../collector/src/console/runbook-page.ts'

test('a page for the person on call is text; what is none is 404, and no other file is reached', async () => {
  const app = fastify()
  app.get<{ Params: { name: string } }>('/runbooks/:name', (request, reply) => sendRunbook(reply, request.params.name))
  const found = await app.inject('/runbooks/pool-exhausted')
  expect([found.statusCode, found.headers['content-type'], found.body.split('\n')[0]]).toEqual([
    200,
    'text/plain; charset=utf-8',
    '# PoolExhausted',
  ])
  for (const name of ['no-such', '..%2FREADME', 'pool-exhausted.md']) expect((await app.inject(`/runbooks/${name}`)).statusCode).toBe(404)
  await app.close()
})
