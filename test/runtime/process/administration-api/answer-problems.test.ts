/** Whatever Fastify refuses before a handler runs is answered like every other error. */
import { answerFrameworkError, answerProblems } from '@spyglass/process/administration-api'
import fastify, { type InjectOptions } from 'fastify'
import { expect, onTestFinished, test } from 'vitest'

async function server() {
  const app = fastify({ bodyLimit: 20, frameworkErrors: answerFrameworkError })
  const faults: unknown[] = []
  answerProblems(app, { onFault: (error) => faults.push(error) })
  app.get('/list', async () => [])
  app.post('/list', async () => 'added')
  app.get<{ Params: { name: string } }>('/list/:name', async (_request, reply) => reply.callNotFound())
  app.get('/files/*', async () => 'file')
  app.get('/fault', async () => Promise.reject(new TypeError('internals')))
  onTestFinished(() => app.close())
  return { app, faults }
}

const json = { 'content-type': 'application/json' }

test.for<[InjectOptions, number, string, Record<string, string>?]>([
  [{ method: 'POST', url: '/list', headers: json, payload: '{"a":' }, 400, 'SPY_API_BODY'],
  [{ method: 'POST', url: '/list', headers: json, payload: '' }, 400, 'SPY_API_BODY'],
  [
    { method: 'POST', url: '/list', headers: { 'content-type': 'text/xml' }, payload: '<a/>' },
    415,
    'SPY_API_MEDIA_TYPE',
    { accept: 'application/json' },
  ],
  [{ method: 'POST', url: '/list', headers: { 'content-type': 'a b c' }, payload: 'x' }, 415, 'SPY_API_MEDIA_TYPE'],
  [{ method: 'POST', url: '/list', headers: json, payload: `"${'x'.repeat(30)}"` }, 413, 'SPY_API_TOO_LARGE', { connection: 'close' }],
  [{ method: 'GET', url: '/nothing?a=1' }, 404, 'SPY_API_NOT_FOUND'],
  [{ method: 'POST', url: '/nothing', headers: { 'content-type': 'text/xml' }, payload: '<a/>' }, 404, 'SPY_API_NOT_FOUND'],
  [{ method: 'GET', url: '/list/nobody' }, 404, 'SPY_API_NOT_FOUND'],
  [{ method: 'GET', url: '/list/%ff' }, 400, 'SPY_API_PATH'],
  [{ method: 'GET', url: `/list/${'x'.repeat(300)}` }, 404, 'SPY_API_NOT_FOUND'],
  [{ method: 'DELETE', url: '/list' }, 405, 'SPY_API_METHOD', { allow: 'GET, HEAD, POST' }],
  [
    { method: 'PUT', url: '/list/a', headers: { 'content-type': 'text/xml' }, payload: '<a/>' },
    405,
    'SPY_API_METHOD',
    { allow: 'GET, HEAD' },
  ],
  [{ method: 'OPTIONS', url: '/files/a/b' }, 405, 'SPY_API_METHOD', { allow: 'GET, HEAD' }],
  [{ method: 'PROPFIND', url: '/list' }, 405, 'SPY_API_METHOD', { allow: 'GET, HEAD, POST' }],
  [{ method: 'GET', url: '/fault' }, 500, 'SPY_API_FAULT'],
])('%j: %i %s', async ([request, status, code, headers = {}]) => {
  const { app } = await server()
  const answer = await app.inject(request)
  expect(answer.headers).toMatchObject({
    'content-type': expect.stringMatching(/^application\/problem\+json/) as string,
    'cache-control': 'no-store',
    ...headers,
  })
  expect(answer.json()).toEqual({
    type: 'about:blank',
    title: expect.any(String) as string,
    status,
    detail: expect.any(String) as string,
    code,
  })
  expect(answer.statusCode).toBe(status)
  expect(answer.body).not.toMatch(/internals|FST_/)
})

test('only what the server failed at is told to it', async () => {
  const { app, faults } = await server()
  for (const url of ['/nothing', '/list/%ff', '/fault']) await app.inject(url)
  expect(faults).toEqual([expect.any(TypeError)])
})
