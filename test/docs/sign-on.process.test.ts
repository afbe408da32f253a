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
import { accessTo, Browser, serve, startStore } from '../runtime/session/fixture.ts'
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
