/** The page on overload as a reader follows it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AddressList, refusals } from '@spyglass/process/listener'
import { createLogger } from '@spyglass/process/logger'
import { checkedSettings, type Settings } from '@spyglass/process/config'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { installResources, openResources } from '../../runtime/src/resource/index.ts'
import { openPlace } from '../runtime/application/fixture.ts'
import { ROOT } from '../support/sources.ts'

const page = readFileSync(join(ROOT, 'docs/how-to/overload.md'), 'utf8')
const blocksOf = (language: string): readonly string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g'))].map(([, text]) => text!)
const settingsOf = (text: string) => checkedSettings(parse(text) as Settings, { origin: 'spyglass.yaml', from: '/' })

const HOLDING = `export default () => {
  const held = []
  return (req, res) => {
    if (req.url.startsWith('/go')) {
      for (const each of held.splice(0)) each.end('held')
      res.end()
    } else held.push(res)
  }
}`

test('its weights hold: the search is refused when half of the limit is taken, everything when all of it is', async () => {
  const [application] = settingsOf(blocksOf('yaml')[0]!).applications
  const { admission } = application!
  await using place = openPlace()
  const { url, host } = await place.deploy([
    { name: 'shop', contextPath: '/', files: HOLDING, admission: { ...admission, maxInFlight: 4 }, health: { path: '/go' } },
  ])
  const held: Promise<Response>[] = []
  const hold = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) held.push(fetch(`${url}/cart`))
    await expect.poll(() => place.read('shop', 'activeRequests')).toBe(held.length)
  }
  await hold(2)
  const search = await fetch(`${url}/search?q=1`)
  expect([search.status, search.headers.get('content-type')]).toEqual([503, 'application/problem+json'])
  await hold(2)
  expect((await fetch(`${url}/checkout`)).status).toBe(503) // maxInFlight holds for all
  expect((await fetch(`${url}/go`)).status).toBe(200)
  expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200, 200, 200])
  await host.stop(1000)
})

test('it names each reason, with the setting behind it', () => {
  const named = [...page.matchAll(/^\| `(overloaded_\w+)`/gm)].map(([, name]) => name)
  const known = Object.keys(refusals).filter((name) => name.startsWith('overloaded_'))
  expect(new Set(named)).toEqual(new Set(known))
})

test('its limit by address holds at the entrance, past the trusted proxy alone, and its denied addresses get nothing', async () => {
  const { rateLimits } = settingsOf(blocksOf('yaml')[1]!)
  await using place = openPlace({ trustedProxies: new AddressList(['loopback']) })
  const resources = { rateLimits: rateLimits.map((one) => ({ ...one, max: 2 })) }
  const files = 'export default () => (req, res) => res.end("ok")'
  const { url, host } = await place.deploy([{ name: 'shop', contextPath: '/shop', files, rateLimits: ['api'] }], { resources })
  const ask = async (path: string, client: string): Promise<number> =>
    (await fetch(`${url}/shop${path}`, { headers: { 'x-forwarded-for': client } })).status
  expect([await ask('/api/a', '192.0.2.7'), await ask('/api', '192.0.2.7'), await ask('/api', '192.0.2.7')]).toEqual([200, 200, 429])
  expect(await ask('/api', '198.51.100.1, 192.0.2.7')).toBe(429) // what a client writes in front is not believed
  expect([await ask('/api', '192.0.2.8'), await ask('/other', '192.0.2.7'), await ask('/', '203.0.113.9')]).toEqual([200, 200, 403])
  await host.stop(1000)
  expect(place.accessLines('shop').flatMap((line) => line['error.type'] ?? [])).toEqual(['rate_limited', 'rate_limited', 'address_denied'])
})

test('its application carries an order out once, and each account has its limit', async () => {
  const settings = settingsOf(blocksOf('yaml')[1]!)
  await using place = openPlace()
  const around = { instance: 'http-1', registry: place.registry, logger: createLogger({ process: 'http-1', level: 'fatal' }), folder: '/' }
  const resources = await openResources({ ...around, resources: { rateLimits: settings.rateLimits } })
  const uninstall = installResources(resources)
  const found = {
    '@spyglass/runtime/application': import.meta.resolve('../../runtime/src/application/index.ts'),
    express: import.meta.resolve('express'),
  }
  const program = Object.entries(found).reduce((text, [name, at]) => text.replace(`'${name}'`, `'${at}'`), blocksOf('js')[0]!)
  const { url } = await place.deploy([{ name: 'shop', contextPath: '/', files: program }])
  const order = (key: string, account: string): Promise<Response> =>
    fetch(`${url}/orders`, { method: 'POST', headers: { 'x-account': account, 'idempotency-key': key } })
  const first = await order('k1', 'alice')
  const again = await order('k1', 'alice')
  expect([await first.json(), await again.json(), again.headers.get('idempotency-replayed')]).toEqual([{ order: 1 }, { order: 1 }, 'true'])
  const statuses: number[] = []
  for (let i = 2; i < 6; i++) statuses.push((await order(`k${i}`, 'alice')).status)
  expect([statuses, (await order('k1', 'bob')).status]).toEqual([[201, 201, 201, 429], 201])
  expect(place.registry.find('spyglass:type=Queue,instance=http-1,name=orders')?.read('served')).toBe(5)
  uninstall()
  await resources.close(100)
})
