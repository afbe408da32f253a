/** The page on caches as a reader follows it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { createLogger } from '@spyglass/process/logger'
import { checkedSettings, type Settings } from '@spyglass/process/config'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { cache, installResources, openResources } from '../../runtime/src/resource/index.ts'
import { openPlace } from '../runtime/application/fixture.ts'
import { ROOT } from '../support/sources.ts'

const page = readFileSync(join(ROOT, 'docs/how-to/cache.md'), 'utf8')
const blocksOf = (language: string): readonly string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g'))].map(([, text]) => text!)
const settingsOf = (text: string) => checkedSettings(parse(text) as Settings, { origin: 'spyglass.yaml', from: '/' })

async function openPage() {
  const { caches } = settingsOf(blocksOf('yaml')[0]!)
  const place = openPlace()
  const around = { instance: 'http-1', registry: place.registry, logger: createLogger({ process: 'http-1', level: 'fatal' }), folder: '/' }
  const resources = await openResources({ ...around, resources: { caches } })
  const uninstall = installResources(resources)
  const found = {
    '@spyglass/runtime/application': import.meta.resolve('../../runtime/src/application/index.ts'),
    express: import.meta.resolve('express'),
  }
  const linked = (text: string) =>
    Object.entries(found).reduce((linkedText, [name, at]) => linkedText.replace(`'${name}'`, `'${at}'`), text)
  const { url, host } = await place.deploy([{ name: 'shop', contextPath: '/', files: linked(blocksOf('js')[0]!) }])
  const close = async (): Promise<void> => {
    await host.stop(1000)
    uninstall()
    await resources.close(100)
    await place[Symbol.asyncDispose]()
  }
  const read = (name: string, attribute: string) => place.registry.find(`spyglass:type=Cache,instance=http-1,name=${name}`)?.read(attribute)
  return { url, read, resources, [Symbol.asyncDispose]: close }
}

test('its values are read once for all, again after a purge, and the total not by requests', async () => {
  await using opened = await openPage()
  const { url, read } = opened
  const product = async (id: string): Promise<unknown> => await (await fetch(`${url}/products/${id}`)).json()
  expect(await Promise.all(Array.from({ length: 20 }, () => product('7')))).toEqual(
    Array.from({ length: 20 }, () => ({ id: '7', name: 'pen', stock: 3 })),
  )
  expect((await fetch(`${url}/products/8`)).status).toBe(404)
  const bought = await fetch(`${url}/products/7/buy`, { method: 'POST' })
  expect([await bought.json(), await product('7')]).toEqual([{ reads: 2 }, { id: '7', name: 'pen', stock: 2 }])
  await expect.poll(async () => await (await fetch(`${url}/total`)).json(), { timeout: 10_000 }).toEqual({ total: 2 })
  expect([Number(read('products', 'loads')) >= 4, read('products', 'loadFailures')]).toEqual([true, 0])
})

test('its start page is made once, until an operator purges it by its path', async () => {
  await using opened = await openPage()
  const { url, resources } = opened
  const start = async (): Promise<string> => await (await fetch(`${url}/start`)).text()
  expect([await start(), await start()]).toEqual(['<p>Welcome. 1 reads.</p>', '<p>Welcome. 1 reads.</p>'])
  expect(await resources.carryOut('caches', 'pages', { operation: 'purge', given: { tag: '/start' } })).toBe(1)
  expect(await start()).toBe('<p>Welcome. 2 reads.</p>')
})

test('its other configurations are accepted, and its function for a CDN has what it needs', async () => {
  const [, redis, cdn] = blocksOf('yaml').map((text) => settingsOf(text).caches[0])
  expect([redis?.store, cdn?.purgeUrl]).toEqual(['redis', 'https://cdn.example/purge'])
  await using opened = await openPage()
  runInNewContext(blocksOf('js')[1]!.replace(/^import .*$/m, ''), { cache })
  expect(await cache('pages').purgeTag('/start')).toBe(0)
  expect([opened.read('pages', 'purges'), opened.read('pages', 'purgeFailures')]).toEqual([1, 0])
})
