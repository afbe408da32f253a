import { expect, test } from 'vitest'
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
