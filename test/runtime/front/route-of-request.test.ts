import fastify from 'fastify'
import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { routeOf, watchRoutes } from '../../../runtime/src/front/route-of-request.ts'

test('the route is noted while somebody watches, and only when a handler was reached', async () => {
  const app = fastify()
  const seen: (string | undefined)[] = []
  let raw: IncomingMessage | undefined
  app.addHook('onRequest', async (request) => void (raw = request.raw))
  app.addHook('onResponse', async () => void (raw && seen.push(routeOf(raw))))
  app.get('/items/:id', async () => 'x')
  const [first, second] = [watchRoutes(), watchRoutes()]
  await app.inject('/items/1')
  first()
  first()
  await app.inject('/items/2')
  await app.inject('/nowhere')
  second()
  await app.inject('/items/3')
  expect(seen).toEqual(['/items/:id', '/items/:id', undefined, undefined])
  await app.close()
})
