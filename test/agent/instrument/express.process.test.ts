import { expect, test } from 'vitest'
import { express, router } from '../../../agent/src/instrument/express.ts'
import { formsOf, recorded } from '../../support/instrumented.ts'

const PROGRAM = `import express from 'express'
const orders = express.Router({ mergeParams: true })
orders.get('/', (request: any, response: any) => response.send('all'))
orders.get('/:id', (request: any, response: any) => response.send('one'))
const shop = express.Router({ mergeParams: true })
shop.use('/orders', orders)
const app = express()
app.use(express.json())
app.get('/', (request: any, response: any) => response.send('home'))
app.use('/shops/:shop', shop)
app.use('/api', orders)
app.get('/fail', () => { throw new RangeError('broken') })
app.get('/handled', (request: any, response: any, next: any) => next(new TypeError('handled')))
app.get('/refused', (request: any, response: any, next: any) => next(Object.assign(new Error('no'), { status: 403 })))
app.get('/recovered', (request: any, response: any, next: any) => next(new TypeError('recovered')))
app.use('/recovered', (error: any, request: any, response: any, next: any) => response.send('from the cache'))
app.use('/handled', (error: any, request: any, response: any, next: any) => response.status(500).send('sorry'))
async function main(): Promise<void> {
  await withServer(app, async (url) => {
    for (const path of process.env.PATHS!.split(' ')) await ask(url + path)
  })
}
declare const withServer: (server: unknown, use: (url: string) => unknown) => Promise<void>
declare const ask: (url: string) => Promise<string>
`

const ROUTES = {
  '/': 'GET /',
  '/shops/7/orders': 'GET /shops/:shop/orders',
  '/shops/7/orders/42': 'GET /shops/:shop/orders/:id',
  '/api/42?q=1': 'GET /api/:id',
  '/nothing': 'GET',
  '/fail': 'GET /fail',
  '/handled': 'GET /handled',
  '/refused': 'GET /refused',
  '/recovered': 'GET /recovered',
}

test.each([{}, { express: 'express4' }])(
  'routes have their names with mounted routers, failures their exceptions, in each form: %j',
  async (aliases) => {
    expect(formsOf(router)).toEqual(formsOf(express)) // Express 5 is made of it
    for (const form of formsOf(express)) {
      // tsx before the agent, and an alias, differ in nothing that this library would notice.
      const { traces } = await recorded(PROGRAM, { form, aliases, env: { PATHS: Object.keys(ROUTES).join(' '), NODE_ENV: 'test' } })
      expect([form, ...traces.map(({ root }) => root.name)]).toEqual([form, ...Object.values(ROUTES)])
      const exceptions = traces.map(({ root }) => root.events?.flatMap(({ name }) => name) ?? [])
      expect(exceptions.slice(-4)).toEqual([['exception'], ['exception'], [], []])
      expect(traces.slice(-4).map(({ root }) => root.attributes['error.type'])).toEqual(['RangeError', 'TypeError', undefined, undefined])
    }
  },
)
