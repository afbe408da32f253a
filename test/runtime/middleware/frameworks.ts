/** A middleware in a real application of each framework, served on a free port. */
import { createRequire } from 'node:module'
import http, { type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import fastify from 'fastify'
import type { Middleware } from '../../../runtime/src/middleware/middleware.ts'

/** Neither package brings types; what is used of them. */
interface Express {
  use(first: unknown, then: (request: unknown, response: { send(body: unknown): void }) => Promise<void>): RequestListener
}

interface Koa {
  use(middleware: (context: { body: unknown }) => Promise<void>): void
  callback(): RequestListener
}

const require = createRequire(import.meta.url)
const express = require('express') as () => Express
const { default: KoaApplication } = require('koa') as { readonly default: new () => Koa }

type Work = () => unknown
type Open = (middleware: Middleware<never>, work: Work) => Promise<RequestListener>

/** Each answers `work()`. */
export const frameworks: Readonly<Record<string, Open>> = {
  express: (middleware, work) =>
    Promise.resolve(
      express().use(middleware.express as never, async (_request, response) => {
        response.send(await work())
      }),
    ),
  koa: (middleware, work) => {
    const app = new KoaApplication()
    app.use(middleware.koa as never)
    app.use(async (context) => {
      context.body = await work()
    })
    return Promise.resolve(app.callback())
  },
  fastify: async (middleware, work) => {
    const app = fastify()
    await app.register(middleware.fastify)
    app.all('/*', async () => await work())
    await app.ready()
    return (request, response) => app.routing(request, response)
  },
}

export async function serveWith(framework: string, middleware: Middleware<never>, work: Work = () => 'ok') {
  const server = http.createServer(await frameworks[framework]!(middleware, work))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    /** How many connections are open. */
    clients: () => new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count))),
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}
