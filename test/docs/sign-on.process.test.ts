/** The realms of the page on sign-on with real peers: its configuration, as a reader changes it for their own servers. */
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pino from 'pino'
import { createRegistry } from '@spyglass/agent'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { hashPassword } from '@spyglass/process/access'
import { loadConfig, type Settings } from '@spyglass/process/config'
import { expect, test, type TestContext } from 'vitest'
import { parse } from 'yaml'
import { openResources } from '../../runtime/src/resource/index.ts'
import { openPlace } from '../runtime/application/fixture.ts'
import { accessTo, Browser, serve, startStore } from '../runtime/session/fixture.ts'
import { SiteBrowser, startProvider } from '../support/oidc-provider.ts'
import { READER, startSlapd } from '../support/slapd.ts'
import { ROOT } from '../support/sources.ts'
import { tempFolder } from '../support/temp-folder.ts'

const page = readFileSync(join(ROOT, 'docs/how-to/sign-on.md'), 'utf8')

/** The configuration of the page that has a realm of that type. */
function configurationWith(type: string): string {
  const found = [...page.matchAll(/```yaml\n([^]*?)```/g)].map(([, text = '']) => text).find((text) => text.includes(`type: ${type}`))
  expect(found).toBeDefined()
  return found ?? ''
}

/** Signs in with that configuration: name and roles, or status and code. */
async function opened(context: TestContext, yaml: string, data: string) {
  const { datasources, sessions, realms } = loadConfig({ data, base: parse(yaml) as Settings })
  const store = await startStore(tempFolder())
  const resources = await openResources({
    instance: 'shop-1',
    registry: createRegistry({ kindNamed }),
    logger: pino({ enabled: false }),
    folder: data,
    sessions: accessTo(store.socket),
    resources: { datasources, sessions, realms },
  })
  const staff = resources.get('realms', 'staff')
  const server = await serve((request, response) => {
    const { user = '', password = '' } = request.headers as Record<string, string>
    staff.signIn(request, response, { user, password }).then(
      ({ name, roles }) => response.end(`${name}: ${roles.join()}`),
      ({ statusCode, code }: { statusCode: number; code: string }) => response.writeHead(statusCode).end(code),
    )
  })
  context.onTestFinished(async () => {
    await server.close()
    await resources.close(0)
    await store.end()
  })
  return (user: string, password: string) => new Browser().get(server.url, { user, password })
}

test('users in a directory', async (context) => {
  const { tlsPort, ca } = await startSlapd(context, [
    ['ann', 'right', 'sales'],
    ['root', 'toor', 'it', 'sales'],
  ])
  const data = tempFolder()
  copyFileSync(ca, join(data, 'directory-ca.pem'))
  const yaml = configurationWith('ldap')
  expect([yaml.includes(READER.dn), yaml.includes(READER.password)]).toEqual([true, true])
  const signIn = await opened(context, yaml.replace('directory.example.com', `localhost:${tlsPort}`), data)
  expect(await signIn('ann', 'right')).toBe('200 ann: clerk')
  expect(await signIn('root', 'toor')).toBe('200 root: administrator,clerk')
  expect([await signIn('ann', 'wrong'), await signIn('*', 'right')]).toEqual(['401 SPY_SIGN_IN_WRONG', '401 SPY_SIGN_IN_WRONG'])
})

test('users at a provider, with the rules of the page and no code', async (context) => {
  const [manifest = ''] = [...page.matchAll(/```yaml\n(access:[^]*?)```/g)].map(([, text]) => text)
  const [there, origin] = ['https://login.example.com/realms/staff', 'http://127.0.0.1:1']
  const users = { ann: ['sales'], root: ['it'] }
  const { issuer, stop } = await startProvider({ redirectUri: `${origin}/sign-in/callback`, users })
  const yaml = configurationWith('openid').replace(there, issuer).replace('https://shop.example.com', origin)
  const { sessions, realms } = loadConfig({ data: tempFolder(), base: parse(yaml) as Settings })
  const store = await startStore(tempFolder())
  const place = openPlace()
  context.onTestFinished(async () => {
    await place[Symbol.asyncDispose]()
    await stop()
    await store.end()
  })
  const files = {
    'package.json': '{"main":"main.mjs"}',
    'main.mjs': 'export default () => (request, response) => response.end(request.url)',
    'spyglass.app.yaml': manifest,
  }
  const application = { name: 'shop', contextPath: '/', files, realms: ['staff'], sessions: ['visitors'] }
  const { url } = await place.deploy([application], { sessions: accessTo(store.socket), resources: { sessions, realms } })
  const signedIn = async (user: string): Promise<(path: string) => Promise<string>> => {
    const browser = new SiteBrowser()
    const back = await browser.signInAt((await browser.go(`${url}/orders`)).headers.get('location') ?? '', user)
    expect((await browser.go(back.replace(origin, url))).headers.get('location')).toBe('/orders')
    return async (path) => {
      const response = await browser.go(url + path)
      return `${response.status} ${await response.text()}`
    }
  }
  const [ann, root] = [await signedIn('ann'), await signedIn('root')]
  expect([await ann('/orders'), await root('/admin/users')]).toEqual(['200 /orders', '200 /admin/users'])
  expect(await ann('/admin/users')).toContain('SPY_ROLE_MISSING')
})

test('users in a database', async (context) => {
  const data = tempFolder()
  const database = new DatabaseSync(join(data, 'shop.db'))
  database.exec('CREATE TABLE account (name TEXT PRIMARY KEY, password TEXT); CREATE TABLE account_role (name TEXT, role TEXT)')
  database.exec(
    `INSERT INTO account VALUES ('ann', '${await hashPassword('right', 1024)}'); INSERT INTO account_role VALUES ('ann', 'clerk')`,
  )
  database.close()
  const signIn = await opened(context, configurationWith('database'), data)
  expect(await signIn('ann', 'right')).toBe('200 ann: clerk')
  expect(await signIn('ann', 'wrong')).toBe('401 SPY_SIGN_IN_WRONG')
})
