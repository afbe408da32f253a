import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { kinds } from '@spyglass/mbeans/kinds'
import { createRegistry } from '@spyglass/agent/registry'
import { openResources, type Resources } from '@spyglass/runtime/application'
import createShop from '../../../examples/shop/src/shop.ts'
import { ManualClock } from '../../runtime/datasource/fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'spyglass-shop-'))
const logger = pino({ enabled: false })
const registry = createRegistry({ kindNamed: (name) => Object.values(kinds).find((kind) => kind.name === name) })
/** The pool's time: opening connections may take as long as the machine needs. */
const clock = new ManualClock()
let resources: Resources
let shop: Awaited<ReturnType<typeof createShop>>

const make = () =>
  createShop({
    name: 'shop',
    contextPath: '/shop',
    logger,
    datasource: (name) => resources.datasource(name),
    session: (name) => resources.get('sessions', name),
    signal: new AbortController().signal,
  })

beforeAll(async () => {
  const limits = {
    min: 1,
    max: 3,
    acquireTimeoutMs: 5000,
    maxWaiting: 10,
    idleTimeoutMs: 60_000,
    leakAfterMs: 30_000,
    exhaustedAfterMs: 10_000,
  }
  const config = { name: 'shop', driver: 'sqlite', file: 'shop.db', ...limits } as const
  resources = await openResources({ instance: 'test', registry, logger, folder, clock, resources: { datasources: [config] } })
  shop = await make()
})

afterAll(async () => {
  await shop.close()
  const closing = resources.close(1000)
  clock.advance(1000)
  await closing
  rmSync(folder, { recursive: true, force: true })
})

const get = async (url: string) => {
  const response = await shop.inject(url)
  return { status: response.statusCode, body: response.json<Record<string, unknown>>() }
}

test('the first page lists every route, as JSON for programs and as HTML for people', async () => {
  const { body } = await get('/')
  const paths = (body['routes'] as { path: string }[]).map(({ path }) => path.slice('/shop'.length))
  for (const path of paths)
    expect(shop.findRoute({ url: path.replace('/7', '/:id'), method: path === '/orders' ? 'POST' : 'GET' })).toBeTruthy()
  const page = await shop.inject({ url: '/', headers: { accept: 'text/html' } })
  expect(page.headers['content-type']).toContain('text/html')
  expect(page.body).toContain('<a href="/shop/report">')
})

test('products are listed by page and shown with their reviews', async () => {
  expect((await get('/products')).body['products']).toHaveLength(20)
  expect((await get('/products?page=x')).body['page']).toBe(0)
  expect((await get('/products/7')).body).toMatchObject({ id: 7, reviews: expect.any(Array) as unknown[] })
  expect((await get('/products/999999')).status).toBe(404)
  expect((await get('/products/seven')).status).toBe(400)
})

test('an order is placed in a transaction and then among the latest', async () => {
  const before = (await get('/orders')).body['orders'] as number
  const placed = await shop.inject({ method: 'POST', url: '/orders', payload: { customer: "O'Hara", productId: 7, quantity: 2 } })
  expect(placed.statusCode).toBe(201)
  const { body } = await get('/orders')
  expect(body['orders']).toBe(before + 1)
  expect((body['latest'] as object[])[0]).toMatchObject({ id: placed.json<{ id: number }>().id, customer: "O'Hara" })
  for (const payload of [{ productId: 7.5 }, { quantity: 0 }]) {
    expect((await shop.inject({ method: 'POST', url: '/orders', payload })).statusCode).toBe(400)
  }
  expect((await shop.inject({ method: 'POST', url: '/orders', payload: { productId: 1_000_000 } })).statusCode).toBe(404)
})

test('the report is one slow statement, the slow route many quick ones', async () => {
  expect((await get('/report')).body['pairs']).toHaveLength(10)
  expect((await get('/slow')).body['revenue']).toHaveLength(8)
})

test('leaked connections are kept until they are returned; meanwhile others are asked to retry later', async () => {
  expect((await get('/leak?count=3')).body).toEqual({ taken: 3, kept: 3 })
  const asked = shop.inject('/products').then((response) => response)
  const pool = registry.find('spyglass:type=Datasource,instance=test,name=shop')
  await vi.waitFor(() => expect(pool?.read('waitingBorrowers')).toBe(1), 60_000)
  clock.advance(5000)
  const refused = await asked
  expect(refused.statusCode).toBe(503)
  expect(refused.headers['retry-after']).toBe('5')
  expect(refused.json()).toMatchObject({ code: 'SPY_POOL_TIMEOUT' })
  expect((await get('/leak/return')).body).toEqual({ returned: 3 })
  expect((await get('/products')).status).toBe(200)
  expect((await shop.inject({ method: 'POST', url: '/leak/return' })).json()).toEqual({ returned: 0 })
})

test('the failing route fails with 500, and health says ok', async () => {
  expect((await get('/error')).status).toBe(500)
  expect((await get('/health')).body).toEqual({ status: 'ok' })
})

test('a second start on the same database leaves it as it is', async () => {
  const before = (await get('/orders')).body
  await (await make()).close()
  expect((await get('/orders')).body).toEqual(before)
})
