/** The page on sessions as a reader follows it. */
import { readFileSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { checkedSettings, type Settings } from '@spyglass/process/config'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { Browser, openVisitors, serve, startStore } from '../runtime/session/fixture.ts'
import { ROOT } from '../support/sources.ts'
import { tempFolder } from '../support/temp-folder.ts'

const page = readFileSync(join(ROOT, 'docs/how-to/sessions.md'), 'utf8')
const blockOf = (language: string): string => new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(page)![1]!

test('its application counts visits, signs in with a new id, and signs out', async () => {
  const settings = checkedSettings(parse(blockOf('yaml')) as Settings, { origin: 'spyglass.yaml', from: '/' })
  const [config] = settings.sessions
  expect(settings.applications[0]?.sessions).toEqual([config?.name])
  const file = join(tempFolder(), 'shop.mjs')
  writeFileSync(file, blockOf('js'))
  const { default: factory } = (await import(pathToFileURL(file).href)) as { readonly default: (context: object) => RequestListener }
  const store = await startStore(tempFolder())
  const instance = await openVisitors(store.socket, config)
  const server = await serve(factory({ session: (name: string) => (name === config?.name ? instance.visitors : expect.unreachable()) }))
  const browser = new Browser()
  for (const visits of [1, 2]) expect(await browser.get(server.url)).toBe(`200 {"visits":${visits}}`)
  const before = browser.cookie
  expect(await browser.get(`${server.url}/sign-in`)).toBe('200 {"visits":2,"user":"ann"}')
  expect([browser.cookie === before, instance.read('ended')]).toEqual([false, 1])
  expect(await browser.get(`${server.url}/sign-out`)).toBe('200 {}')
  expect([browser.cookie, store.spaces.get('visitors')?.size]).toEqual([undefined, 0])
  await server.close()
  await instance.close()
  await store.end()
})
