import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type ResourceKind, type Role } from '@spyglass/agent/contract'
import { kinds } from '@spyglass/mbeans/kinds'
import { changeIdentities, hashPassword, identitiesFile, withUser } from '@spyglass/process/access'
import { adminSocketFile, managementSocketFile, serveAdministration } from '@spyglass/process/admin-socket'
import { ensureDataFolder, ensureSecrets, SpyglassConfig } from '@spyglass/process/config'
import { createLogger } from '@spyglass/process/logger'
import type { Page } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import { startConsole } from '../../../../../collector/src/console/index.ts'
import { administrationMethods } from '../../../../../runtime/src/administration-host/administration-methods.ts'
import type { Executors } from '../../../../../runtime/src/administration/index.ts'
import { worldOf } from '../../../../runtime/administration/support.ts'
import { tempFolder } from '../../../../support/temp-folder.ts'
import { until } from '../../../../support/until.ts'
import { logIn, openBrowser } from '../../browser.ts'

const PASSWORD = 'correct horse battery'

/** The console before a real administration whose operations are only recorded. */
async function world(role: Role) {
  const root = tempFolder()
  mkdirSync(join(root, 'applications/shop'), { recursive: true })
  const folder = ensureDataFolder(join(root, 'data'))
  mkdirSync(folder.administration, { recursive: true })
  const secrets = ensureSecrets(folder.secrets)
  const password = await hashPassword(PASSWORD, 1024)
  changeIdentities({ file: identitiesFile(folder), onDamage: () => {} }, (known) =>
    withUser(known, { name: 'anna', role, password, created: 0, createdBy: 'test' }),
  )
  const invoked: { readonly operation: string; readonly arguments: unknown; readonly actor: string }[] = []
  const file = { applications: [{ name: 'shop', folder: 'applications/shop', environment: { TOKEN: 'hidden' } }] }
  const administration = worldOf(folder.root, {
    ...file,
    applications: [{ ...file.applications[0], folder: '../applications/shop' }],
  }).start({
    executors: recording(invoked),
    now: Date.now,
  })
  const instance = { name: 'instance.shop-1', kind: 'instance', values: { name: 'shop-1', state: 'ready' } }
  const socket = await serveAdministration({
    file: adminSocketFile(folder.run),
    methods: { ...administrationMethods(administration), read: async () => [instance] },
  })
  const log = { written: ['first', '<b>second</b>'], more: Promise.withResolvers<string>(), hasEnded: false }
  const management = await serveAdministration({
    file: managementSocketFile(folder.run),
    methods: {
      async *follow({ operation, keys }, { gone }) {
        yield [...log.written, `${String(operation)} ${JSON.stringify(keys)}`]
        yield [await log.more.promise]
        await new Promise((resolve) => gone.addEventListener('abort', resolve))
        log.hasEnded = true
      },
    },
  })
  const parsed = SpyglassConfig.parse({ data: folder.root, store: { port: 9 }, management: { port: 9 } })
  const config = { ...parsed, console: { ...parsed.console, port: 0 } }
  const running = await startConsole({ config, secrets, logger: createLogger({ process: 'test', level: 'silent' }) })
  const visit = await openBrowser()
  onTestFinished(async () => {
    await visit[Symbol.asyncDispose]()
    await running.stop()
    await Promise.all([socket.close(), management.close()])
  })
  const url = `http://127.0.0.1:${running.port}`
  visit.page.setDefaultTimeout(10_000)
  await logIn(visit.page, url, { user: 'anna', password: PASSWORD })
  const open = async (place: string): Promise<void> => {
    await visit.page.goto('about:blank')
    await visit.page.goto(`${url}/#/settings/${place}`)
    await visit.page.locator('body[data-loaded="Settings"]').waitFor()
  }
  const ofUs = (): string[] => visit.problems.filter((problem) => !/status of (503|409|412|422)|\/api\/v1\/(status|services)/.test(problem))
  return { ...visit, problems: ofUs, open, administration, invoked, log }
}

function recording(invoked: { readonly operation: string; readonly arguments: unknown; readonly actor: string }[]): Executors {
  const operations = Object.values<ResourceKind>(kinds).flatMap((kind) =>
    Object.keys(kind.operations ?? {}).map((name) => `${kind.name}.${name}`),
  )
  return Object.fromEntries(
    operations.map((operation) => [
      operation,
      async ({ arguments: values, actor }) => (
        invoked.push({ operation, arguments: values, actor }),
        operation.endsWith('versions') ? ['* 1  today'] : `${operation} done`
      ),
    ]),
  )
}

const outcome = (page: Page) => page.locator('main .outcome')

test('an administrator tries a change, makes it for a time with a reason, and takes it back', async () => {
  const { page, problems, open, administration } = await world('administrator')
  await open('applications%2Fshop')
  const replicas = page.getByLabel('applications.shop.replicas')
  await replicas.fill('3')
  await page.getByRole('button', { name: 'Dry run' }).click()
  await page.getByText('This would change:').waitFor()
  expect(await outcome(page).innerText()).toContain('applications.shop.replicas: (not set) → 3')
  expect(administration.settings.applications[0]?.replicas).toBeUndefined()
  await page.getByLabel('Reason', { exact: true }).first().fill('sale')
  await page.getByLabel('For', { exact: true }).first().fill('30m')
  await page.getByRole('button', { name: 'Change', exact: true }).click()
  await page.getByText('Change 1.').waitFor()
  expect(administration.settings.applications[0]?.replicas).toBe(3)
  const row = page.locator('tr[data-key="1"]')
  expect(await row.innerText()).toMatch(/anna[^]*applications\.shop\.replicas: \(not set\) → 3[^]*sale; until/)
  expect(await page.getByLabel('applications.shop.replicas').inputValue()).toBe('3')
  await row.getByRole('button', { name: 'Undo' }).click()
  await page.locator('tr[data-key="2"]').waitFor()
  expect(administration.settings.applications[0]?.replicas).toBeUndefined()
  expect(problems()).toEqual([])
})

test('what is refused says why, keeps what was typed, and a secret is never in the page', async () => {
  const { page, open, administration } = await world('administrator')
  await open('applications%2Fshop')
  expect(await page.content()).not.toContain('hidden')
  await page.getByLabel('applications.shop.contextPath').fill('no path')
  await page.getByRole('button', { name: 'Change', exact: true }).click()
  await page.getByText('SPY_CONFIG_INVALID').waitFor()
  expect(await page.getByLabel('applications.shop.contextPath').inputValue()).toBe('no path')
  await administration.answer({ verb: 'set', values: { 'applications.shop.replicas': 2 } }, { actor: 'other', role: 'administrator' })
  await page.getByLabel('applications.shop.contextPath').fill('/good')
  await page.getByRole('button', { name: 'Change', exact: true }).click()
  await page.getByText('SPY_API_CHANGED').waitFor()
  expect(administration.settings.applications[0]?.contextPath).toBe('/')
})

test('entries are created and deleted, and operations invoked with their arguments', async () => {
  const { page, problems, open, administration, invoked } = await world('administrator')
  await open('datasources')
  await page.getByText('There is no entry.').waitFor()
  await page.getByLabel('create name').fill('db')
  await page.getByLabel('create file').fill('db.sqlite')
  await page.getByRole('button', { name: 'create', exact: true }).click()
  await page.getByRole('link', { name: 'db', exact: true }).click()
  await page.getByRole('heading', { name: 'datasources / db' }).waitFor()
  expect(administration.settings.datasources[0]).toMatchObject({ name: 'db', file: 'db.sqlite' })
  page.once('dialog', (dialog) => void dialog.accept())
  await page.getByRole('button', { name: 'delete', exact: true }).click()
  await page.getByText('There is no entry.').waitFor()
  expect(administration.settings.datasources).toEqual([])
  await open('applications%2Fshop')
  await page.getByLabel('rollback version').fill('1')
  await page.getByRole('button', { name: 'rollback', exact: true }).click()
  await page.getByText('application.rollback done').waitFor()
  await open('resources%2Finstance%2Fshop-1')
  await page.getByRole('button', { name: 'reload', exact: true }).click()
  await page.getByText('instance.reload done').waitFor()
  expect(invoked).toEqual([
    { operation: 'application.rollback', arguments: { version: 1 }, actor: 'anna' },
    { operation: 'instance.reload', arguments: {}, actor: 'anna' },
  ])
  expect(problems()).toEqual([])
})

test('an operator sees the operations of that role and no form for settings; a viewer sees no form', async () => {
  const operator = await world('operator')
  await operator.open('applications%2Fshop')
  const buttons = operator.page.locator('main').getByRole('button')
  await operator.page.getByRole('button', { name: 'reload', exact: true }).waitFor()
  expect((await buttons.allInnerTexts()).sort()).toEqual(['Follow the log', 'reload', 'versions'])
  await operator.page.getByRole('button', { name: 'reload', exact: true }).click()
  await operator.page.getByText('application.reload done').waitFor()
  const viewer = await world('viewer')
  for (const place of ['server', 'applications', 'applications%2Fshop', 'alerting%2Freceivers']) {
    await viewer.open(place)
    await viewer.page.getByRole('heading', { name: 'History' }).waitFor()
    const controls = await viewer.page.locator('main').locator('input, select, button').allInnerTexts()
    expect(
      controls.filter((text) => text !== 'Follow the log'),
      place,
    ).toEqual([])
  }
  expect(await viewer.page.content()).not.toContain('hidden')
})

test('the log of an application is followed until the reader stops or leaves; nothing in it is read as HTML', async () => {
  const { page, problems, open, log } = await world('viewer')
  await open('applications%2Fshop')
  await page.getByRole('button', { name: 'Follow the log' }).click()
  const text = page.getByLabel('Log', { exact: true })
  await page.getByText('application.logs').waitFor()
  expect(await text.innerText()).toBe('first\n<b>second</b>\napplication.logs {"name":"shop"}\n')
  log.more.resolve('more')
  await page.getByText('more', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Stop' }).click()
  await page.getByRole('button', { name: 'Follow the log' }).waitFor()
  await until(() => log.hasEnded)
  expect(problems()).toEqual([])
})

test('an odd or unknown address says that there is no such place, and one typed without escapes leads to it', async () => {
  const { page, open } = await world('administrator')
  for (const place of ['%25', '100%', '%E8%BF', 'nosuch', 'applications%2Fnosuch', 'applications/shop/nosuch', 'resources%2Fnosuch%2Fx'])
    await open(place).then(async () =>
      expect
        .soft([place, await page.locator('#main').innerText()])
        .toEqual([place, expect.stringMatching(/There is no such section|It is not there any more/)]),
    )
  await open('applications/shop')
  expect(await page.getByLabel('applications.shop.replicas').count()).toBe(1)
})

test('settings are shown without their history when that cannot be read, with the reason', async () => {
  const { page, open } = await world('administrator')
  await page.route('**/api/v1/administration/history*', (route) =>
    route.fulfill({ status: 503, json: { code: 'SPY_TEST', detail: 'no history' } }),
  )
  await open('applications%2Fshop')
  expect(await page.getByLabel('applications.shop.replicas').count()).toBe(1)
  expect(await page.locator('#main').innerText()).toContain('The history cannot be shown.')
  expect(await page.locator('#main').innerText()).toContain('no history')
})
