import { expect, test } from 'vitest'
import { hono } from '../../../agent/src/instrument/hono.ts'
import { formsOf, recorded } from '../../support/instrumented.ts'

const PROGRAM = `import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
console.error = () => {}
const shop = new Hono()
shop.use('*', async (context: any, next: any) => { await next() })
shop.get('/orders/special', (context: any) => context.text('special'))
shop.get('/orders/:id', async (context: any) => { await null; sql('orders'); return context.text(context.req.param('id')) })
const app = new Hono()
app.use(async (context: any, next: any) => { await next() })
app.route('/shop', shop)
app.get('/fail', () => { throw new RangeError('broken') })
app.get('/refused', () => { throw new HTTPException(403) })
const handled = new Hono()
handled.get('/handled', async () => { await null; throw new TypeError('handled') })
handled.onError((error: any, context: any) => context.text('sorry', 500))
app.route('/', handled)
async function main(): Promise<void> {
  await withServer(createAdaptorServer({ fetch: app.fetch }), async (url) => {
    for (const path of process.env.PATHS!.split(' ')) await ask(url + path)
  })
}
const sql = (name: string) => (globalThis as any)[Symbol.for('spyglass.agent')].startStatement({ system: 'sqlite', pool: 'p', text: 'SELECT x FROM ' + name }, sql).end()
declare const withServer: (server: unknown, use: (url: string) => unknown) => Promise<void>
declare const ask: (url: string) => Promise<string>
`

const ROUTES = {
  '/shop/orders/42?x=1': ['GET /shop/orders/:id', undefined],
  '/shop/orders/special': ['GET /shop/orders/special', undefined],
  '/nothing': ['GET', undefined],
  '/refused': ['GET /refused', undefined],
  '/handled': ['GET /handled', 'TypeError'],
  '/fail': ['GET /fail', 'RangeError'],
}

test('routes have their names, failures their exceptions, in each form', async () => {
  for (const form of formsOf(hono)) {
    const { traces } = await recorded(PROGRAM, { form, env: { PATHS: Object.keys(ROUTES).join(' ') } })
    const shown = traces.map(({ root }) => [root.name, root.attributes['error.type']])
    expect([form, ...shown]).toEqual([form, ...Object.values(ROUTES)])
    expect(traces.map(({ root }) => root.events?.map(({ name }) => name) ?? [])).toEqual([[], [], [], [], ['exception'], ['exception']])
    expect(traces[0]?.children).toHaveLength(1)
  }
})

const COPIED = `import { Hono } from 'hono'
const api = new Hono().basePath('/api')
api.get('/orders', () => { throw new RangeError('mounted') })
const app = new Hono()
app.onError((error: any, context: any) => context.text('mine: ' + error.message, 503))
app.route('/', api)
app.get('/class', (context: any) => context.text(context.constructor.name + app.constructor.name))
const alone = new Hono().basePath('/alone')
alone.get('/orders', () => { throw new TypeError('alone') })
console.error = () => {}
async function main(): Promise<void> {
  const texts: string[] = []
  for (const path of ['/api/orders', '/class']) texts.push(await (await app.request(path)).text())
  await inRequest(async () => { texts.push(await (await alone.request('/alone/orders')).text()); return Promise.reject(0) }, '/')
  if (texts.join() !== 'mine: mounted,ContextHono,Internal Server Error') throw new Error(texts.join())
}
declare const inRequest: (handler: () => unknown, path: string) => Promise<string>
`

test('an application below a base path has the error handler that it has without the agent', async () => {
  const { traces } = await recorded(COPIED, { form: 'esm' })
  expect(traces.map(({ root }) => root.attributes['error.type'])).toEqual(['TypeError'])
})
