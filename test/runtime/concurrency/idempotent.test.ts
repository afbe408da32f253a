import { expect, test } from 'vitest'
import { idempotent, type IdempotentOptions } from '../../../runtime/src/concurrency/idempotent.ts'
import { memoryStore } from '../../../runtime/src/concurrency/idempotency-store.ts'
import { inFlightKey } from '../../../runtime/src/concurrency/in-flight-key.ts'
import type { Middleware } from '../../../runtime/src/middleware/index.ts'
import { frameworks, serveWith } from '../middleware/frameworks.ts'

async function opened(framework: string, work: () => unknown, options: IdempotentOptions<never> = {}) {
  const served = await serveWith(framework, idempotent(options), work)
  const post = (key?: string, { user = 'alice', path = 'orders', method = 'POST' } = {}): Promise<Response> =>
    fetch(served.url + path, { method, headers: { authorization: user, ...(key === undefined ? {} : { 'idempotency-key': key }) } })
  return { ...served, post }
}

test.each(Object.keys(frameworks))('with %s a repeated request gets the first answer, and is carried out once', async (framework) => {
  let orders = 0
  await using application = await opened(framework, () => `order ${++orders}`)
  const { post } = application
  const answers = [await post('k1'), await post('k1'), await post('k2'), await post(), await post('k1', { user: 'bob' })]
  expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(['order 1', 'order 1', 'order 2', 'order 3', 'order 4'])
  expect(answers.map((answer) => answer.headers.get('idempotency-replayed'))).toEqual([null, 'true', null, null, null])
  expect(answers[1]!.headers.get('content-type')).toBe(answers[0]!.headers.get('content-type'))
})

test('while the first is under way, the second is told to wait; a key with another request is an error', async () => {
  const { promise, resolve } = Promise.withResolvers<string>()
  let calls = 0
  await using application = await opened('express', () => (++calls, promise))
  const { post } = application
  const first = post('k')
  await expect.poll(() => calls).toBe(1)
  const second = await post('k')
  expect([second.status, second.headers.get('retry-after')]).toEqual([409, '1'])
  resolve('done')
  expect(await (await first).text()).toBe('done')
  const reused = await post('k', { path: 'refunds' })
  expect([reused.status, ((await reused.json()) as { code: string }).code]).toEqual([422, 'SPY_IDEMPOTENCY_KEY_REUSED'])
  expect(calls).toBe(1)
})

test('a server error is not kept: the client may try again', async () => {
  let calls = 0
  await using application = await opened('fastify', () => {
    if (++calls === 1) throw new TypeError('database gone')
    return 'done'
  })
  const { post } = application
  expect((await post('k')).status).toBe(500)
  await expect.poll(async () => (await post('k')).status).toBe(200)
  expect(calls).toBe(2)
})

test('methods that are idempotent by themselves are let through', async () => {
  let calls = 0
  await using application = await opened('koa', () => `${++calls}`)
  const { post } = application
  await post('k', { method: 'PUT' })
  expect(await (await post('k', { method: 'PUT' })).text()).toBe('2')
})

test.each(Object.keys(frameworks))('with %s a request whose client gave up is not carried out again', async (framework) => {
  const { promise, resolve } = Promise.withResolvers<object>()
  let calls = 0
  await using application = await opened(framework, () => (++calls, promise))
  const leaving = new AbortController()
  const headers = { 'idempotency-key': 'k', authorization: 'alice' }
  const left = fetch(`${application.url}orders`, { method: 'POST', headers, signal: leaving.signal }).catch(() => 'gone')
  await expect.poll(() => calls).toBe(1)
  leaving.abort()
  expect(await left).toBe('gone')
  await expect.poll(application.clients).toBe(0)
  expect((await application.post('k')).status).toBe(409)
  resolve({ order: 1 })
  await expect.poll(async () => (await application.post('k')).status).toBe(200)
  expect([await (await application.post('k')).json(), calls]).toEqual([{ order: 1 }, 1])
})

test('with koa, what fails after its client gave up may be made again', async () => {
  const { promise, reject } = Promise.withResolvers<string>()
  let calls = 0
  await using application = await opened('koa', () => (++calls === 1 ? promise : 'done'))
  const leaving = new AbortController()
  const headers = { 'idempotency-key': 'k', authorization: 'alice' }
  const left = fetch(`${application.url}orders`, { method: 'POST', headers, signal: leaving.signal }).catch(() => 'gone')
  await expect.poll(() => calls).toBe(1)
  leaving.abort()
  expect(await left).toBe('gone')
  await expect.poll(application.clients).toBe(0)
  reject(Object.assign(new TypeError('database gone'), { expose: true }))
  await expect.poll(async () => (await application.post('k')).status).toBe(200)
})

test('nor is one whose client gave up while the store was asked', async () => {
  const inner = memoryStore()
  const gate = Promise.withResolvers<void>()
  let [asked, calls] = [0, 0]
  const begin: typeof inner.begin = async (...claim) => {
    asked++
    await gate.promise
    return await inner.begin(...claim)
  }
  await using application = await opened('express', () => `order ${++calls}`, { store: { ...inner, begin } })
  const leaving = new AbortController()
  const headers = { 'idempotency-key': 'k', authorization: 'alice' }
  const left = fetch(`${application.url}orders`, { method: 'POST', headers, signal: leaving.signal }).catch(() => 'gone')
  await expect.poll(() => asked).toBe(1)
  leaving.abort()
  expect(await left).toBe('gone')
  await expect.poll(application.clients).toBe(0)
  gate.resolve()
  await expect.poll(() => calls).toBe(1)
  expect([await (await application.post('k')).text(), calls]).toEqual(['order 1', 1])
})

test('of an answer that is too large a repetition is told that there was one', async () => {
  let calls = 0
  await using application = await opened('fastify', () => `${++calls}`.repeat(11), { maxBytes: 10 })
  expect(await (await application.post('k')).text()).toBe('11111111111')
  const again = await application.post('k')
  expect([again.status, await again.json(), calls]).toMatchObject([410, { code: 'SPY_IDEMPOTENCY_ANSWER_LOST' }, 1])
})

/** `first` and then `second`, in Express. */
const both = (first: Middleware<never>['express'], second: Middleware<never>['express']): Middleware<never> =>
  ({
    express: (request, response, next) =>
      first(request, response, (error) => (error === undefined ? second(request, response, next) : next(error))),
  }) as Middleware<never>

test('a refusal by what comes after it is not kept', async () => {
  const one = inFlightKey({ keyOf: () => 'alice' })
  let calls = 0
  await using served = await serveWith('express', both(idempotent().express, one.express), () => `order ${++calls}`)
  const post = (): Promise<Response> => fetch(served.url, { method: 'POST', headers: { 'idempotency-key': 'k' } })
  await one.run('alice', async () => expect((await post()).status).toBe(409))
  expect(await (await post()).text()).toBe('order 1')
})

test('another cookie does not make it another key, and another body makes it another request', async () => {
  const parse: Middleware<never>['express'] = (request, _response, next) => {
    Object.assign(request, { body: { item: (request as { headers: Record<string, string> }).headers['x-item'] } })
    next()
  }
  let calls = 0
  await using served = await serveWith('express', both(parse, idempotent().express), () => `order ${++calls}`)
  const post = (cookie: string, item: string): Promise<Response> =>
    fetch(served.url, { method: 'POST', headers: { 'idempotency-key': 'k', cookie, 'x-item': item } })
  const texts = [await (await post('_ga=1', 'book')).text(), await (await post('_ga=2', 'book')).text()]
  expect([texts, (await post('_ga=2', 'shoe')).status, calls]).toEqual([['order 1', 'order 1'], 422, 1])
})
