import { expect, test } from 'vitest'
import { nestjsCore } from '../../../agent/src/instrument/nest.ts'
import { formsOf, recorded } from '../../support/instrumented.ts'

/** Decorators are called as functions: they are no part of JavaScript yet. */
const PROGRAM = `import 'reflect-metadata'
import { Catch, Controller, ForbiddenException, Get, HttpException, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
class Orders {
  async one(): Promise<string> { await null; sql('orders'); return 'order' }
  fail(): void { throw new RangeError('broken') }
  handled(): void { throw new TypeError('handled') }
  refused(): void { throw new ForbiddenException() }
}
const route = (method: string, path: string) => Get(path)(Orders.prototype, method, Object.getOwnPropertyDescriptor(Orders.prototype, method)!)
route('one', 'orders/:id')
route('fail', 'fail')
route('handled', 'handled')
route('refused', 'refused')
Controller('shop')(Orders)
class Sorry {
  catch(error: unknown, host: any): void {
    const response = host.switchToHttp().getResponse()
    response.status(500).send('sorry')
  }
}
Catch(TypeError)(Sorry)
class App {}
Module({ controllers: [Orders] })(App)
async function main(): Promise<void> {
  const adapter = process.env.ADAPTER === 'fastify' ? new FastifyAdapter() : new ExpressAdapter()
  const app = await NestFactory.create(App, adapter as any, { logger: false })
  app.useGlobalFilters(new Sorry())
  app.setGlobalPrefix('api')
  await app.init()
  if (process.env.ADAPTER === 'fastify') await (app.getHttpAdapter().getInstance() as any).ready()
  await withServer(app.getHttpServer(), async (url) => {
    for (const path of process.env.PATHS!.split(' ')) await ask(url + path)
  })
  await app.close().catch(() => {})
}
const sql = (name: string) => (globalThis as any)[Symbol.for('spyglass.agent')].startStatement({ system: 'sqlite', pool: 'p', text: 'SELECT x FROM ' + name }, sql).end()
declare const withServer: (server: unknown, use: (url: string) => unknown) => Promise<void>
declare const ask: (url: string) => Promise<string>
`

const ROUTES = {
  '/api/shop/orders/42?x=1': ['GET /api/shop/orders/:id', undefined],
  '/nothing': ['GET', undefined],
  '/api/shop/refused': ['GET /api/shop/refused', undefined],
  '/api/shop/handled': ['GET /api/shop/handled', 'TypeError'],
  '/api/shop/fail': ['GET /api/shop/fail', 'RangeError'],
}

test.each(['express', 'fastify'])('routes and exceptions that filters answer, on %s; in each form with one of them', async (adapter) => {
  for (const form of adapter === 'express' ? formsOf(nestjsCore) : (['esm'] as const)) {
    const { traces } = await recorded(PROGRAM, { form, env: { ADAPTER: adapter, PATHS: Object.keys(ROUTES).join(' ') } })
    const shown = traces.map(({ root }) => [root.name, root.attributes['error.type']])
    expect([form, ...shown]).toEqual([form, ...Object.values(ROUTES)])
    expect(traces.map(({ root }) => root.events?.map(({ name }) => name) ?? [])).toEqual([[], [], [], ['exception'], ['exception']])
    expect(traces[0]?.children).toHaveLength(1)
  }
})
