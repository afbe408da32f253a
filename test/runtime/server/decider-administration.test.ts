import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connectAdministration } from '@spyglass/process/admin-socket'
import * as rules from '@spyglass/process/config'
import { expect, onTestFinished, test } from 'vitest'
import { settingsAtStart } from '../../../runtime/src/administration/index.ts'
import { administerDecider, changeText } from '../../../runtime/src/server/decider-administration.ts'
import { planOf } from '../../../runtime/src/server/plan.ts'
import { readStart, writeStart } from '../../../runtime/src/server/start-file.ts'
import type { Decider } from '../../../runtime/src/decider/decider.ts'
import type { ServerPlan } from '../../../runtime/src/decider/server-plan.ts'
import { tempFolder } from '../../support/temp-folder.ts'

/** A server as `up` leaves it to its first decider. */
function startedServer(base: Readonly<Record<string, unknown>> = {}) {
  const folder = rules.ensureDataFolder(join(tempFolder(), 'data'))
  const secrets = rules.ensureSecrets(folder.secrets)
  const input = rules.readSettings({ data: folder.root, base: { listeners: [{ name: 'http', instances: 1 }], ...base } })
  const { settings, config, lastChange } = settingsAtStart(rules, input, { administration: folder.administration, onDamage: () => {} })
  writeStart(folder.run, { input, settings, lastChange })
  return { folder, secrets, config, startFile: join(folder.run, 'start.json') }
}

/** One life of the decider, on the configuration that its holder was started with. */
async function decide({ folder, secrets, config }: ReturnType<typeof startedServer>, instead: Partial<Pick<Decider, 'settled'>> = {}) {
  const plans: ServerPlan[] = []
  const reasons: string[] = []
  const errors: object[] = []
  const decider: Pick<Decider, 'replan' | 'live' | 'reload' | 'settled'> = {
    replan: (plan, why) => void (plans.push(plan), reasons.push(why ?? '')),
    live: () => {},
    reload: async (name) => `reloaded ${name}`,
    settled: async () => {},
    ...instead,
  }
  const host = await administerDecider({
    decider: decider as Decider,
    process: { config, secrets, folder },
    planFor: (changed) => planOf({ config: changed, secrets, folder, role: 'edge' }),
    log: { info: () => {}, warn: () => {}, error: (fields: object) => void errors.push(fields) },
  })
  let isOpen = host !== undefined
  const end = async (): Promise<void> => {
    if (isOpen) await host?.close()
    isOpen = false
  }
  onTestFinished(end)
  return { host, plans, reasons, errors, end }
}

const instancesIn = (plan: ServerPlan | undefined): readonly string[] =>
  (plan?.processes ?? []).flatMap(({ process }) => (process.kind === 'instance' ? [process.name] : []))

async function set(folder: rules.DataFolder, name: string, value: string): Promise<void> {
  using client = await connectAdministration({ dataFolder: folder.root, run: folder.run })
  await client.call('set', { values: { [name]: value } })
}

test('a change that was kept when the decider was killed before it could act is carried out by the next one', async () => {
  const server = startedServer()
  const { folder, startFile } = server
  const before = `${startFile}.before`
  copyFileSync(startFile, before)
  const first = await decide(server)
  expect(first.plans).toEqual([])
  await set(folder, 'listeners.http.instances', '2')
  expect(instancesIn(first.plans.at(-1))).toEqual(['http-1', 'http-2'])
  expect(first.reasons).toEqual(['settings changed (change 1): listeners.http.instances'])
  await first.end()
  copyFileSync(before, startFile) // it was killed between the history and this file
  const second = await decide(server)
  expect(instancesIn(second.plans[0])).toEqual(['http-1', 'http-2'])
  expect(readStart(folder.run).lastChange).toBe(1)
  expect(second.host?.administration.config.listeners[0]?.instances).toBe(2)
})

test('without what administration begins with, applications run and the log says that there is none', async () => {
  const server = startedServer()
  writeFileSync(server.startFile, '{"input":')
  const { host, plans, errors } = await decide(server)
  expect(host).toBeUndefined()
  expect(plans).toEqual([])
  expect(errors).toEqual([{ err: expect.stringContaining('JSON') as string }])
  expect(readFileSync(server.startFile, 'utf8')).toBe('{"input":')
})

test('a reload by the name of an application that shares its instances carries out what waited for it', async () => {
  const shared = { folder: '.', isolation: 'shared' }
  const applications = [
    { ...shared, name: 'shop', contextPath: '/shop' },
    { ...shared, name: 'blog', contextPath: '/blog' },
  ]
  const server = startedServer({ applications })
  await decide(server, { settled: () => Promise.reject(new Error('it does not start')) })
  using client = await connectAdministration({ dataFolder: server.folder.root, run: server.folder.run })
  const waiting = async (): Promise<readonly string[]> => {
    const differences = (await client.call('diff', {})) as readonly { readonly name: string; readonly because: readonly string[] }[]
    return differences.filter(({ because }) => because.includes('pending')).map(({ name }) => name)
  }
  await client.call('set', { values: { 'applications.blog.contextPath': '/news' } })
  expect(await waiting()).toEqual(['applications.blog.contextPath'])
  expect(await client.call('reload', { instance: 'shop' })).toBe('reloaded shop')
  expect(await waiting()).toEqual([])
})

test('a change is described to people by at most ten names, without values', () => {
  const names = Array.from({ length: 12 }, (_, i) => ({ name: `a.b${i}`, after: 'secret' }))
  expect(changeText(7, names)).toMatch(/^settings changed \(change 7\): a\.b0, .*a\.b9 …$/)
  expect(changeText(7, [])).toBe('')
})
