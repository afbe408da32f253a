import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { createRegistry } from '@spyglass/agent/registry'
import { expect, onTestFinished, test } from 'vitest'
import { adminSocketFile, connectAdministration, serveAdministration } from '@spyglass/process/admin-socket'
import { administrationMethods } from '../../../runtime/src/administration-host/administration-methods.ts'
import { exitCodeOf } from '../../../runtime/src/cli/exit-codes.ts'
import { parseCommand } from '../../../runtime/src/cli/parse.ts'
import { runCommand } from '../../../runtime/src/cli/runs.ts'
import { sharedSession } from '../../../runtime/src/cli/session.ts'
import { localMethods } from '../../../runtime/src/management/local-methods.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { worldOf } from '../administration/support.ts'

/** A real administration behind a real socket, and the commands that speak to it. */
async function shop() {
  const root = tempFolder()
  const world = worldOf(root, { datasources: [{ name: 'shop', file: 'shop.db', max: 8 }] })
  world.now = Date.now()
  const executors = {
    'instance.reload': async ({ keys }: { keys: Readonly<Record<string, string>> }) => `reloaded ${keys['name']}`,
    'instance.profile': async (invocation: { arguments: Readonly<Record<string, unknown>> }) => JSON.stringify(invocation.arguments),
  }
  const administration = world.start({ executors })
  const run = join(root, 'run')
  mkdirSync(run)
  const registry = createRegistry({ kindNamed })
  const methods = { ...administrationMethods(administration), ...localMethods(registry) }
  const socket = await serveAdministration({ file: adminSocketFile(run), methods })
  const client = await connectAdministration({ dataFolder: root, run })
  onTestFinished(async () => {
    client[Symbol.dispose]()
    await socket.close()
  })
  const codes: number[] = []
  async function lines(...argv: readonly string[]): Promise<readonly string[]> {
    const printed: string[] = []
    codes.push(await runCommand(parseCommand(argv), { ...sharedSession(client), print: (more) => printed.push(...more) }))
    return printed
  }
  return { lines, world, codes }
}

const failureOf = async (action: Promise<unknown>): Promise<{ code: string; exit: number }> =>
  action.then(
    () => ({ code: '', exit: 0 }),
    (error: { code: string }) => ({ code: error.code, exit: exitCodeOf(error) }),
  )

test('set changes a setting; the history says who, what, from what to what and why; undo takes it back', async () => {
  const { lines } = await shop()
  expect(await lines('set', 'datasources.shop.max=20', '--reason', 'sale')).toEqual([
    'datasources.shop.max: 8 -> 20',
    expect.stringMatching(/^change 1: /),
  ])
  expect(await lines('get', 'datasources.shop.max')).toEqual(['datasources.shop.max=20'])
  expect(await lines('history')).toEqual([
    expect.stringMatching(/^1 {2}\d{4}-\S+Z {2}\S+ {2}set datasources\.shop\.max {2}\(because sale\)$/),
    '    datasources.shop.max: 8 -> 20',
  ])
  const said = expect.stringMatching(/^takes back change 1 by \S+ of \d{4}-.*Z: set datasources\.shop\.max/) as string
  expect(await lines('undo', '--dry-run')).toEqual([said, 'datasources.shop.max: 20 -> 8', expect.stringMatching(/^dry run: /)])
  expect(await lines('undo', '1')).toEqual([said, 'datasources.shop.max: 20 -> 8', expect.stringMatching(/^change 2: /)])
  expect(await lines('get', 'datasources.shop.max')).toEqual(['datasources.shop.max=8'])
  expect((await lines('history', '--limit', '1'))[0]).toContain('takes back 1')
})

test('a dry run shows what would change, and changes nothing', async () => {
  const { lines } = await shop()
  expect(await lines('set', 'datasources.shop.max=20', '--dry-run')).toEqual([
    'datasources.shop.max: 8 -> 20',
    expect.stringMatching(/^dry run: /),
  ])
  expect(await lines('get', 'datasources.shop.max')).toEqual(['datasources.shop.max=8'])
  expect(await lines('history')).toEqual([])
  expect(await lines('set', 'datasources.shop.max=8')).toEqual(['nothing changed'])
})

test('a change for a time says until when', async () => {
  const { lines } = await shop()
  const [, line = ''] = await lines('set', 'datasources.shop.max=20', '--for', '30m')
  const until = Date.parse(/until (\S+):/.exec(line)?.[1] ?? '')
  expect(Math.abs(until - Date.now() - 30 * 60_000)).toBeLessThan(60_000)
  const changed = JSON.parse((await lines('history', '--json'))[0] ?? '') as readonly unknown[]
  expect(changed).toMatchObject([{ verb: 'set', until, changed: [{ before: 8, after: 20 }] }])
})

test('an entry is created and deleted', async () => {
  const { lines } = await shop()
  expect(await lines('create', 'datasources.orders', 'file=orders.db', 'max=3')).toContainEqual(expect.stringMatching(/^change 1/))
  expect(await lines('get', 'datasources.orders.max')).toEqual(['datasources.orders.max=3'])
  await lines('delete', 'datasources.orders')
  expect(await failureOf(lines('get', 'datasources.orders.max'))).toEqual({ code: 'SPY_NAME_UNKNOWN', exit: 4 })
})

test('an operation is carried out, and is in the history', async () => {
  const { lines } = await shop()
  expect(await lines('invoke', 'instance.http-1.reload')).toEqual(['reloaded http-1'])
  expect((await lines('history'))[0]).toContain('invoke instance.http-1.reload')
  expect(await failureOf(lines('invoke', 'instance.http-1.nothing'))).toEqual({ code: 'SPY_ADMIN_NO_OPERATION', exit: 6 })
})

test('an operation may be a word of its own, and its arguments options', async () => {
  const { lines } = await shop()
  expect(await lines('invoke', 'instance.http-1', 'reload', '--reason', 'try')).toEqual(['reloaded http-1'])
  expect((await lines('history'))[0]).toMatch(/invoke instance\.http-1\.reload.*because try/)
  const profile = (...words: string[]) => lines('invoke', 'instance.http-1', ...words)
  for (const words of [
    ['profile', '--seconds', '2', '--kind=wall'],
    ['profile', 'seconds=2', 'kind=wall'],
  ])
    expect(await profile(...words)).toEqual(['{"seconds":2,"kind":"wall"}'])
  expect(await failureOf(profile('profile', '--minutes', '2'))).toEqual({ code: 'SPY_ADMIN_ARGUMENT', exit: 6 })
  expect(await failureOf(lines('set', '--seconds', '2'))).toEqual({ code: 'SPY_ARGUMENT_UNKNOWN', exit: 2 })
})

test('diff shows what differs from the file, and its exit code can be asked for', async () => {
  const { lines, world, codes } = await shop()
  expect(await lines('diff', '--check')).toEqual([])
  await lines('set', 'datasources.shop.max=20')
  world.file = { datasources: [{ name: 'shop', file: 'shop.db', max: 9 }] }
  expect(await lines('diff', '--check')).toEqual([
    expect.stringMatching(/^datasources\.shop\.max: file 9, at the start 8, now 20 {2}\(.*change 1/),
  ])
  await lines('diff')
  expect(codes).toEqual([0, 0, 7, 0])
})

test.for([
  [['set', 'datasources.shop.max=0'], 'SPY_CONFIG_INVALID', 6],
  [['set', 'datasources.shop.nothing=1'], 'SPY_ADMIN_NAME_UNKNOWN', 4],
  [['delete', 'datasources.nothing'], 'SPY_ADMIN_NAME_UNKNOWN', 4],
  [['undo', '9'], 'SPY_ADMIN_CHANGE_UNKNOWN', 4],
  [['undo', 'x'], 'SPY_ARGUMENT_UNKNOWN', 2],
  [['set', 'datasources.shop.max'], 'SPY_ARGUMENT_UNKNOWN', 2],
  [['set', '=1'], 'SPY_ARGUMENT_UNKNOWN', 2],
  [['set', 'a=1', 'a=2'], 'SPY_ARGUMENT_UNKNOWN', 2],
  [['set', 'datasources.shop.max=9', '--for', 'soon'], 'SPY_ARGUMENT_UNKNOWN', 2],
  [['set', 'datasources.shop.max=9', '--for', '0m'], 'SPY_ARGUMENT_UNKNOWN', 2],
  [['history', '--limit', '0'], 'SPY_ARGUMENT_UNKNOWN', 2],
] as const)('%j: %s, exit code %d, and nothing is changed', async ([argv, code, exit]) => {
  const { lines } = await shop()
  expect(await failureOf(lines(...argv))).toEqual({ code, exit })
  expect(await lines('history')).toEqual([])
})
