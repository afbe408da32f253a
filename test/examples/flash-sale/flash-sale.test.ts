/** The sale as its buyers see it, with the resources of the server. */
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { parse } from 'yaml'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ApplicationContext } from '@spyglass/runtime/application'
import { checkedSettings, type Settings } from '@spyglass/process/config'
import createFlashSale from '../../../examples/flash-sale/src/flash-sale.ts'
import { errorAnswer } from '../../../runtime/src/application/error-answer.ts'
import { installResources, openResources } from '../../../runtime/src/resource/index.ts'
import { accessTo, startStore } from '../../runtime/session/fixture.ts'
import { Buyer, buy } from '../../support/buyers.ts'
import { ROOT } from '../../support/sources.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { logger, newRegistry } from './fixture.ts'

const FOLDER = join(ROOT, 'examples/flash-sale')

async function serve(context: Partial<ApplicationContext>): Promise<string> {
  const { handler, close } = await createFlashSale({
    logger,
    name: 'flash-sale',
    contextPath: '',
    signal: new AbortController().signal,
    ...context,
  } as ApplicationContext)
  const server = http.createServer((request, response) => {
    void Promise.resolve(handler(request, response)).catch((error: unknown) => {
      const { status, headers } = errorAnswer(error)
      response.writeHead(status, headers).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await close?.()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** With the resources that its own spyglass.yaml gives it, and the sessions of a store of the test. */
async function openSale(changes: { readonly max?: number } = {}) {
  const given = parse(readFileSync(join(FOLDER, 'spyglass.yaml'), 'utf8')) as Settings
  const { rateLimits, datasources } = checkedSettings(given, { origin: 'spyglass.yaml', from: FOLDER })
  const store = await startStore(tempFolder())
  const registry = newRegistry()
  const around = { instance: 'sale-1', registry, logger, folder: tempFolder() }
  const limits = rateLimits.map((limit) => ({ ...limit, max: changes.max ?? 1000 }))
  const resources = await openResources({
    ...around,
    sessions: accessTo(store.socket),
    resources: { datasources, rateLimits: limits, sessions: [{ name: 'visitors' }] },
  })
  const uninstall = installResources(resources)
  onTestFinished(async () => {
    uninstall()
    await resources.close(1000)
    await store.end()
  })
  const url = await serve({ datasource: (name) => resources.datasource(name), session: () => resources.get('sessions', 'visitors') })
  return { url, registry, database: resources.datasource('sale') }
}

async function signedIn(url: string, name: string): Promise<Buyer> {
  const buyer = new Buyer(url, name)
  await buyer.signIn()
  return buyer
}

test('a buyer signs in, buys one, gets the same order however often, and finds it confirmed', async () => {
  const { url } = await openSale()
  const stranger = new Buyer(url, 'stranger')
  expect([(await stranger.ask('POST', 'buy')).status, (await stranger.ask('GET', 'order')).status]).toEqual([401, 401])
  const ann = await signedIn(url, 'ann')
  expect((await ann.ask('GET', 'order')).status).toBe(404)
  const first = await ann.ask('POST', 'buy')
  const again = await ann.ask('POST', 'buy')
  expect([first.status, again.status, again.body]).toEqual([202, 200, first.body])
  await expect.poll(async () => (await ann.ask('GET', 'order')).body).toEqual({ ...first.body, state: 'confirmed' })
  await expect.poll(async () => (await ann.ask('GET', 'stock')).body).toEqual({ left: 99 })
})

test('120 buyers at once: 100 have one, 20 know that none is left, and then nobody asks the database', async () => {
  const { url, database, registry } = await openSale()
  const buyers = await Promise.all(Array.from({ length: 120 }, (_, at) => signedIn(url, `buyer-${at}`)))
  const answers = await buy(buyers, 120)
  expect([answers.get(202), answers.get(410)]).toEqual([100, 20])
  expect(await database.query('SELECT count(*) AS n, count(DISTINCT account) AS accounts FROM sale_order')).toEqual([
    { n: 100, accounts: 100 },
  ])
  expect(registry.find('spyglass:type=Queue,instance=sale-1,name=buy')?.read('served')).toBeGreaterThanOrEqual(100)
  const stranger = new Buyer(url, 'stranger')
  expect([(await stranger.ask('POST', 'buy')).status, (await stranger.ask('GET', 'stock')).body]).toEqual([410, { left: 0 }])
})

test('an account that asks too often is refused, another one is not', async () => {
  const { url } = await openSale({ max: 2 })
  const [ann, bob] = [await signedIn(url, 'ann'), await signedIn(url, 'bob')]
  const asked = [await ann.ask('POST', 'buy'), await ann.ask('POST', 'buy'), await ann.ask('POST', 'buy'), await bob.ask('POST', 'buy')]
  expect(asked.map(({ status }) => status)).toEqual([202, 200, 429, 202])
  expect(asked[2]?.headers['retry-after']).toMatch(/^\d+$/)
})

test('without what the application adds each item is sold once, too', async () => {
  vi.stubEnv('FLASH_SALE_PROTECTION', 'off')
  const { url, registry } = await openSale()
  const buyers = await Promise.all(Array.from({ length: 110 }, (_, at) => signedIn(url, `buyer-${at}`)))
  const answers = await buy(buyers, 20)
  expect([answers.get(202), answers.get(410), (await buyers[0]!.ask('GET', 'stock')).body]).toEqual([100, 10, { left: 0 }])
  expect(registry.find('spyglass:type=Queue,instance=sale-1,name=buy')).toBeUndefined()
})

test('a database that fails is a reason to come back', async () => {
  const { url, database } = await openSale()
  const ann = await signedIn(url, 'ann')
  await database.script('DROP TABLE sale_order')
  const { status, headers } = await ann.ask('POST', 'buy')
  expect([status, headers['retry-after']]).toEqual([503, '2'])
})

test('the page may be kept by whatever stands in front, and is there before the sale is open', async () => {
  const unknown = (): never => {
    throw Object.assign(new Error('unknown datasource "sale"'), { code: 'SPY_DATASOURCE_UNKNOWN' })
  }
  const url = await serve({ datasource: unknown })
  const page = await fetch(`${url}/?x`)
  expect([page.status, page.headers.get('cache-control')]).toEqual([200, 'public, max-age=60, stale-while-revalidate=600'])
  expect((await fetch(url, { headers: { 'if-none-match': page.headers.get('etag')! } })).status).toBe(304)
  const buyer = new Buyer(url, 'ann')
  expect(await buyer.ask('GET', 'health')).toMatchObject({ status: 200, body: { isOpen: false } })
  expect(await buyer.ask('POST', 'buy')).toMatchObject({
    status: 503,
    body: { error: 'the sale is not open yet: unknown datasource "sale"' },
  })
  expect([(await buyer.ask('GET', 'nothing')).status, (await buyer.ask('GET', 'constructor')).status]).toEqual([404, 404])
})

test('names that are no names are refused', async () => {
  const { url } = await openSale()
  expect((await new Buyer(url, '').ask('POST', 'sign-in')).status).toBe(400)
  expect((await new Buyer(url, '').ask('POST', `sign-in?name=${'x'.repeat(65)}`)).status).toBe(400)
})
