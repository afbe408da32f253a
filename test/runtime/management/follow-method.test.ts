import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connectAdministration, serveAdministration } from '@spyglass/process/admin-socket'
import { dataFolder, writeChecked } from '@spyglass/process/checked-config'
import { ensureSecrets, SpyglassConfig } from '@spyglass/process/config'
import { expect, onTestFinished, test } from 'vitest'
import { growingLists } from '../../../runtime/src/administration-host/growing-lists.ts'
import { followMethod } from '../../../runtime/src/management/follow-method.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const line = (process: string, n: number): string => JSON.stringify({ process, n })

async function world() {
  const root = tempFolder()
  const folder = dataFolder(root)
  const log = join(root, 'logs/server.log')
  for (const each of [folder.run, join(root, 'logs')]) mkdirSync(each, { recursive: true })
  writeChecked(folder.run, {
    config: SpyglassConfig.parse({ data: root, applications: [{ name: 'shop', folder: 'shop', contextPath: '/' }] }),
    secrets: ensureSecrets(folder.secrets),
  })
  writeFileSync(log, `${[line('shop-1', 1), line('management', 2), line('shop-1', 3)].join('\n')}\n`)
  const file = join(root, 's')
  const server = await serveAdministration({ file, methods: followMethod(folder) })
  const client = await connectAdministration({ dataFolder: root, run: '', file })
  onTestFinished(async () => {
    client[Symbol.dispose]()
    await server.close()
  })
  return { log, client, executors: growingLists(['server.logs', 'application.logs', 'instance.logs'], file) }
}

test('what was written is the result of the operation; what comes then follows', async () => {
  const { log, client, executors } = await world()
  const invoke = (operation: string, keys: Record<string, string>, given: object = {}) =>
    executors[operation]?.({ keys, arguments: given as Record<string, unknown>, actor: 'anna' })
  expect(await invoke('application.logs', { name: 'shop' })).toEqual([line('shop-1', 1), line('shop-1', 3)])
  expect(await invoke('instance.logs', { name: 'shop-1' }, { lines: 1 })).toEqual([line('shop-1', 3)])
  expect(await invoke('server.logs', {}, { lines: 2 })).toEqual([line('management', 2), line('shop-1', 3)])
  const lists = client.follow('follow', { operation: 'application.logs', keys: { name: 'shop' }, arguments: { lines: 1 } })
  expect((await lists.next()).value).toEqual([line('shop-1', 3)])
  appendFileSync(log, `${line('collector', 4)}\n${line('shop-1', 5)}\n`)
  expect((await lists.next()).value).toEqual([line('shop-1', 5)])
})

test.for([
  ['application.logs', { name: 'none' }, {}, 'SPY_ADMIN_NAME_UNKNOWN'],
  ['instance.logs', { name: 'shop' }, {}, 'SPY_ADMIN_NAME_UNKNOWN'],
  ['store.logs', {}, {}, 'SPY_ADMIN_NO_OPERATION'],
  ['constructor', {}, {}, 'SPY_ADMIN_NO_OPERATION'],
  ['server.logs', {}, { lines: 1001 }, 'SPY_ADMIN_ARGUMENT'],
  ['server.logs', {}, { lines: -1 }, 'SPY_ADMIN_ARGUMENT'],
] as const)('%s of %j with %j is refused: %s', async ([operation, keys, given, code]) => {
  const { client } = await world()
  await expect(client.follow('follow', { operation, keys, arguments: given }).next()).rejects.toMatchObject({ code })
})
