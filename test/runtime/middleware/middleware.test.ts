import type { IncomingMessage, ServerResponse } from 'node:http'
import { expect, test, vi } from 'vitest'
import { middlewareOf } from '../../../runtime/src/middleware/middleware.ts'
import { frameworks, serveWith } from './frameworks.ts'

test.each(Object.keys(frameworks))('with %s a request goes on with its fields, is refused, was answered, or fails', async (framework) => {
  const middleware = middlewareOf<never>(async (_request, raw, response) => {
    await Promise.resolve()
    if (raw.url === '/refused') return { reason: 'rate_limited', fields: { 'retry-after': '7' } }
    if (raw.url === '/fails') throw Object.assign(new TypeError('no'), { expose: false })
    if (raw.url !== '/answered') return { fields: { 'x-told': 'yes' } }
    response.writeHead(202).end('mine')
    return { isAnswered: true }
  })
  await using served = await serveWith(framework, middleware)
  const answers = await Promise.all(['', 'refused', 'answered', 'fails'].map((path) => fetch(served.url + path)))
  expect(answers.map(({ status }) => status)).toEqual([200, 429, 202, 500])
  expect([answers[0]!.headers.get('x-told'), answers[1]!.headers.get('retry-after')]).toEqual(['yes', '7'])
  expect(await answers[2]!.text()).toBe('mine')
})

test('a handler that throws is not called once more with its own error', async () => {
  const { express } = middlewareOf<IncomingMessage>(() => Promise.resolve({}))
  const next = vi.fn<() => void>(() => {
    throw new TypeError('mine')
  })
  const thrown = await unhandled(() => express({} as IncomingMessage, {} as ServerResponse, next))
  expect([thrown, next.mock.calls]).toMatchObject([{ message: 'mine' }, [[]]])
})

/** What reaches nobody but the process; vitest would take it for a failure. */
async function unhandled(work: () => void): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>()
  const others = process.rawListeners('unhandledRejection') as NodeJS.UnhandledRejectionListener[]
  process.removeAllListeners('unhandledRejection').once('unhandledRejection', resolve)
  try {
    work()
    return await promise
  } finally {
    for (const other of others) process.on('unhandledRejection', other)
  }
}
