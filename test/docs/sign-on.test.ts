/** The page on sign-on as a reader follows it: its rules, its application and its module with users. */
import { readFileSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import pino from 'pino'
import { createRegistry } from '@spyglass/agent'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { checkedSettings, loadApplicationFile, type Settings } from '@spyglass/process/config'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { rolesFor } from '../../runtime/src/realm/access-rules.ts'
import { usersIn } from '../../runtime/src/realm/source/file-source.ts'
import { openResources } from '../../runtime/src/resource/index.ts'
import { accessTo, Browser, serve, startStore } from '../runtime/session/fixture.ts'
import { ROOT } from '../support/sources.ts'
import { tempFolder } from '../support/temp-folder.ts'

const page = readFileSync(join(ROOT, 'docs/how-to/sign-on.md'), 'utf8')
const blocksOf = (language: string): readonly string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g'))].map(([, text = '']) => text)

test('its application lets in who has signed in, by the users of its module', async () => {
  const settings = checkedSettings(parse(blocksOf('yaml')[0]!) as Settings, { origin: 'spyglass.yaml', from: '/' })
  expect(settings.applications[0]).toMatchObject({ realms: ['staff'], sessions: ['visitors'] })
  const folder = tempFolder()
  const [application = '', source = ''] = blocksOf('js')
  const module = join(folder, 'realm.mjs')
  writeFileSync(module, source)
  const store = await startStore(folder)
  const resources = await openResources({
    instance: 'shop-1',
    registry: createRegistry({ kindNamed }),
    logger: pino({ enabled: false }),
    folder,
    sessions: accessTo(store.socket),
    resources: { sessions: settings.sessions, realms: [{ name: 'staff', sessions: 'visitors', type: 'module', module }] },
  })
  const file = join(folder, 'shop.mjs')
  writeFileSync(file, application.replace(/^import .*$/m, `const realm = (name) => globalThis.realmOfThePage(name)`))
  Object.assign(globalThis, { realmOfThePage: (name: string) => resources.get('realms', name as 'staff') })
  const { default: factory } = (await import(pathToFileURL(file).href)) as {
    readonly default: () => (...all: Parameters<RequestListener>) => Promise<void>
  }
  const handler = factory()
  const server = await serve((request, response) => {
    handler(request, response).catch(({ statusCode, code }: { statusCode: number; code: string }) => {
      response.statusCode = statusCode
      response.end(code)
    })
  })
  const browser = new Browser()
  expect(await browser.get(`${server.url}/orders`)).toBe('401 SPY_SIGN_IN_NEEDED')
  expect(await browser.get(`${server.url}/sign-in`, { 'x-user': 'ann', 'x-password': 'open' })).toBe('200 signed in')
  expect(await browser.get(`${server.url}/orders`)).toBe('200 hello ann')
  expect(await browser.get(`${server.url}/Admin/users`)).toBe('403 SPY_ROLE_MISSING')
  expect(await browser.get(`${server.url}/sign-out`)).toBe('200 hello ann')
  expect(await browser.get(`${server.url}/orders`)).toBe('401 SPY_SIGN_IN_NEEDED')
  delete (globalThis as { realmOfThePage?: unknown }).realmOfThePage
  await server.close()
  await resources.close(0)
  await store.end()
})

test('the rules of its manifest are read, and say what the page says of them', () => {
  const file = join(tempFolder(), 'spyglass.app.yaml')
  writeFileSync(file, blocksOf('yaml')[1]!)
  const { realm, rules } = loadApplicationFile(file).access!
  expect(realm).toBe('staff')
  const rolesOf = (method: string, url: string) => rolesFor(rules, method, url)
  expect(rolesOf('GET', '/sign-in')).toBeUndefined()
  expect(rolesOf('GET', '/Admin/users')).toEqual(['administrator'])
  expect(rolesOf('POST', '/orders/7/cancel')).toEqual(['clerk', 'administrator'])
  expect([rolesOf('GET', '/orders/7/cancel'), rolesOf('GET', '/')]).toEqual([[], []])
})

test('its file has the form that the realm reads; its hash is cut', () => {
  const [text = ''] = blocksOf('json')
  expect(() => usersIn(text)).toThrow('users[0] needs')
  expect(usersIn(text.replace('$…', `$${'a'.repeat(22)}$${'b'.repeat(43)}`)).get('ann')?.roles).toEqual(['clerk'])
})
