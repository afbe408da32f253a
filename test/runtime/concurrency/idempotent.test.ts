import { expect, test } from 'vitest'
import { idempotent, type IdempotentOptions } from '../../../runtime/src/concurrency/idempotent.ts'
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
