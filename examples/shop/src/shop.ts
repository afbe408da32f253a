/**
 * The sample application: a plain Fastify shop over one datasource. The server calls the default export; `main.ts` runs it alone.
 */
import type { ApplicationContext } from '@spyglass/runtime/application'
import fastify, { type FastifyError, type FastifyInstance } from 'fastify'
import { addCatalogue } from './catalogue.ts'
import { addFaults } from './faults.ts'
import { addIndexPage } from './index-page.ts'
import { addOrders } from './orders.ts'
import { prepareSchema } from './schema.ts'

export default async function createShop({ contextPath, datasource, logger }: ApplicationContext): Promise<FastifyInstance> {
  const shop = datasource('shop')
  await prepareSchema(shop)
  const app = fastify()
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    // A database without a free connection is a reason to come back later, not a fault of the request.
    if (error.code?.startsWith('SPY_POOL_'))
      return reply.code(503).header('retry-after', '5').send({ error: error.message, code: error.code })
    const status = error.statusCode ?? 500
    if (status >= 500) logger.error({ err: error, route: request.routeOptions.url }, 'request failed')
    return reply.code(status).send({ error: error.message })
  })
  addIndexPage(app, contextPath)
  addCatalogue(app, shop)
  addOrders(app, shop)
  addFaults(app, shop)
  return app
}
