import { expect, test } from 'vitest'
import { koa } from '../../../agent/src/instrument/koa.ts'
import { formsOf, recorded } from '../../support/instrumented.ts'

const PROGRAM = `import Koa from 'koa'
import Router from '@koa/router'
const app = new Koa()
app.silent = true
app.use(async (context: any, next: any) => {
  try {
    await next()
  } catch (error) {
    if (context.path !== '/handled') throw error
    context.status = 500
    context.body = 'sorry'
  }
})
const lines = new Router()
lines.get('/lines/:line', (context: any) => { context.body = 'line' })
const orders = new Router({ prefix: '/orders' })
orders.get('/:id', async (context: any) => { await null; sql('orders'); context.body = 'order' })
orders.use('/:id', lines.routes())
const router = new Router()
router.get('/handled', async () => { throw new TypeError('handled') })
router.get('/fail', () => { throw new RangeError('broken') })
router.get('/refused', (context: any) => context.throw(403))
app.use(orders.routes())
app.use(router.routes()).use(router.allowedMethods())
async function main(): Promise<void> {
  await withServer(app, async (url) => {
    for (const path of process.env.PATHS!.split(' ')) await ask(url + path)
  })
}
const sql = (name: string) => (globalThis as any)[Symbol.for('spyglass.agent')].startStatement({ system: 'sqlite', pool: 'p', text: 'SELECT x FROM ' + name }, sql).end()
declare const withServer: (server: unknown, use: (url: string) => unknown) => Promise<void>
declare const ask: (url: string) => Promise<string>
`

/** As that of koa-compose before 4.2, which reads the list again for each request. */
const LATE = `import Koa from 'koa'
const compose = (middleware: any[]) => (context: any, next: any) => {
  const dispatch = async (at: number): Promise<unknown> => (middleware[at] ?? next)?.(context, () => dispatch(at + 1))
  return dispatch(0)
}
const app = new Koa({ compose } as any)
app.use(async (context: any, next: any) => {
  try {
    await next()
  } catch {
    context.status = 500
  }
})
async function main(): Promise<void> {
  await withServer(app, async (url) => {
    app.use((context: any) => { if (context.path === '/fail') throw new RangeError('at once'); context.body = 'late' })
    const answer = await ask(url + '/late')
    if (answer !== 'late') throw new Error(answer)
    await ask(url + '/fail')
  })
}
declare const withServer: (server: unknown, use: (url: string) => unknown) => Promise<void>
declare const ask: (url: string) => Promise<string>
`

test('middleware that is added while it listens is called, and what it throws at once is noted', async () => {
  const { traces } = await recorded(LATE, { form: 'esm' })
  expect(traces.map(({ root }) => root.attributes['error.type'])).toEqual([undefined, 'RangeError'])
})

const ROUTES = {
  '/orders/42?x=1': ['GET /orders/:id', undefined],
  '/orders/42/lines/7': ['GET /orders/:id/lines/:line', undefined],
  '/nothing': ['GET', undefined],
  '/refused': ['GET /refused', undefined],
  '/handled': ['GET /handled', 'TypeError'],
  '/fail': ['GET /fail', 'RangeError'],
}

test('routes have their names, failures their exceptions, also those that a middleware answers, in each form', async () => {
  for (const form of formsOf(koa)) {
    const { traces } = await recorded(PROGRAM, { form, env: { PATHS: Object.keys(ROUTES).join(' ') } })
    const shown = traces.map(({ root }) => [root.name, root.attributes['error.type']])
    expect([form, ...shown]).toEqual([form, ...Object.values(ROUTES)])
    expect(traces.map(({ root }) => root.events?.map(({ name }) => name) ?? [])).toEqual([[], [], [], [], ['exception'], ['exception']])
    expect(traces[0]?.children).toHaveLength(1)
  }
})
