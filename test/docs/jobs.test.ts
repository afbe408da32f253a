/** The page on jobs as a reader follows it: its settings are accepted, its application runs with the real store. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type http from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createRegistry } from '@spyglass/agent'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { checkedSettings, type Settings } from '@spyglass/process/config'
import { createLogger } from '@spyglass/process/logger'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { jobErrors } from '../../runtime/src/jobs/errors.ts'
import { installResources, openResources } from '../../runtime/src/resource/index.ts'
import { openOrders, startJobStore } from '../runtime/jobs/fixture.ts'
import { serve } from '../runtime/session/fixture.ts'
import { ROOT } from '../support/sources.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { until } from '../support/until.ts'

const page = readFileSync(join(ROOT, 'docs/how-to/jobs.md'), 'utf8')
const blockOf = (language: string): string => new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(page)![1]!

test('its application confirms an order once, later, by the settings that it shows', async () => {
  const settings = checkedSettings(parse(blockOf('yaml')) as Settings, { origin: 'spyglass.yaml', from: '/' })
  expect([settings.jobs[0]?.attempts, settings.applications[0]?.jobs]).toEqual([5, ['orders']])
  const folder = tempFolder()
  const store = await startJobStore(folder)
  const { resources, close } = await openOrders(store.socket, settings.jobs[0])
  const uninstall = installResources(resources)
  const asked: unknown[] = []
  const mailer = await serve((request, response) => {
    asked.push([request.method, request.url])
    response.end()
  })
  process.env['MAILER'] = mailer.url
  try {
    const module = join(folder, 'app/main.mjs')
    mkdirSync(join(folder, 'app'))
    writeFileSync(
      module,
      blockOf('js').replace("'@spyglass/runtime/application'", `'${import.meta.resolve('../../runtime/src/application/index.ts')}'`),
    )
    const { default: factory } = (await import(pathToFileURL(module).href)) as { default: () => Promise<http.RequestListener> }
    const shop = await serve(await factory())
    const answers = [await (await fetch(shop.url)).json(), await (await fetch(shop.url)).json()]
    expect(answers).toEqual([
      { id: 'order-7', isNew: true },
      { id: 'order-7', isNew: false },
    ])
    await until(() => store.book().counts.done === 1)
    expect(asked).toEqual([['POST', '/7']])
    expect(store.book().figures.repeated).toBe(1)
    await shop.close()
  } finally {
    delete process.env['MAILER']
    uninstall()
    await mailer.close()
    await close()
    await store.end()
  }
})

test('it names errors that exist, and what an application can meet while it adds', () => {
  const named = [...page.matchAll(/^\| `(SPY_\w+)`/gm)].map(([, name]) => name!)
  expect(named.filter((name) => !Object.hasOwn(jobErrors, name))).toEqual([])
  expect(named).toHaveLength(6)
})

test('its worker pool runs the task by the settings that it shows', async () => {
  const [, settings] = [...page.matchAll(/```yaml\n([^]*?)```/g)].map(([, text]) => parse(text!) as Settings)
  const { workerPools, applications } = checkedSettings(settings!, { origin: 'spyglass.yaml', from: '/' })
  expect(applications[0]?.workerPools).toEqual(['images'])
  const folder = tempFolder()
  mkdirSync(join(folder, 'workers'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  writeFileSync(join(folder, 'workers/resize.js'), 'export default ({ width, height }) => width * height')
  const around = {
    instance: 'shop-1',
    registry: createRegistry({ kindNamed }),
    logger: createLogger({ process: 'shop-1', level: 'fatal' }),
    folder,
  }
  const resources = await openResources({ ...around, applicationFolders: [folder], resources: { workerPools } })
  const uninstall = installResources(resources)
  const program = blockOf('js worker').replace(
    "'@spyglass/runtime/application'",
    `'${import.meta.resolve('../../runtime/src/application/index.ts')}'`,
  )
  writeFileSync(join(folder, 'main.mjs'), `${program}\nexport default size`)
  expect(((await import(pathToFileURL(join(folder, 'main.mjs')).href)) as { default: number }).default).toBe(60_000)
  uninstall()
  await resources.close(0)
})
