import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { kindNamed, kinds } from '@spyglass/mbeans/kinds'
import { createRegistry } from '@spyglass/agent/registry'
import { expect, onTestFinished, test } from 'vitest'
import { adminSocketFile, connectAdministration, serveAdministration } from '@spyglass/process/admin-socket'
import { administrationMethods } from '../../../runtime/src/administration-host/administration-methods.ts'
import { completeLine } from '../../../runtime/src/cli/complete-line.ts'
import { parseCommand } from '../../../runtime/src/cli/parse.ts'
import { runCommand } from '../../../runtime/src/cli/runs.ts'
import { sharedSession } from '../../../runtime/src/cli/session.ts'
import { localMethods } from '../../../runtime/src/management/local-methods.ts'
import { worldOf } from '../administration/support.ts'
import { tempFolder } from '../../support/temp-folder.ts'

/** A server with two instances and a pool whose name has a dot, and what commands print of it. */
async function server() {
  const registry = createRegistry({ kindNamed })
  const instance = (name: string, pid: number) => ({ kind: 'instance', keys: { name }, values: { name, state: 'ready', pid } })
  const pool = {
    kind: 'datasource',
    keys: { instance: 'http-1', name: 'shop.v2' },
    values: { instance: 'http-1', name: 'shop.v2', maxConnections: 4 },
  }
  registry.adopt('keeper', { time: 1, resources: [instance('http-2', 12), instance('http-1', 11), pool] })
  registry.register(
    kinds.push,
    { process: 'http-1' },
    {
      process: () => 'http-1',
      time: () => 0,
      age: () => {
        throw new Error('not now')
      },
    },
  )
  const reloaded: string[] = []
  const run = join(tempFolder(), 'run')
  mkdirSync(run)
  const administration = worldOf(tempFolder(), { datasources: [{ name: 'shop', file: 'shop.db', max: 8 }] }).start()
  const methods = {
    ...administrationMethods(administration),
    ...localMethods(registry),
    reload: async ({ instance }: Readonly<Record<string, unknown>>) => (reloaded.push(String(instance)), `reloaded ${String(instance)}`),
  }
  const socket = await serveAdministration({ file: adminSocketFile(run), methods })
  const client = await connectAdministration({ dataFolder: run, run })
  onTestFinished(async () => {
    client[Symbol.dispose]()
    await socket.close()
  })
  async function lines(...argv: readonly string[]): Promise<readonly string[]> {
    const printed: string[] = []
    await runCommand(parseCommand(argv), { ...sharedSession(client), print: (more) => printed.push(...more) })
    return printed
  }
  return { lines, client, reloaded }
}

test('list names resources, all or those of a pattern or a process', async () => {
  const { lines } = await server()
  const pool = String.raw`datasource.http-1.shop\.v2`
  expect(await lines('list')).toEqual(expect.arrayContaining([pool, 'instance.http-1', 'datasources.shop', 'datasources.shop.max']))
  expect(await lines('list', 'datasource*.shop*', '--long')).toContainEqual(expect.stringMatching(/^datasources\.shop +entry +\S/))
  expect(await lines('list', 'instance.*')).toEqual(['instance.http-1', 'instance.http-2'])
  expect(await lines('list', '--target', 'http-1')).toEqual([pool, 'instance.http-1', 'push.http-1'])
  expect(await lines('list', 'instance.*', '--json')).toEqual([
    JSON.stringify(['http-1', 'http-2'].map((name) => ({ name: `instance.${name}`, type: 'resource', description: 'instance' }))),
  ])
})

test('get prints attributes: named one by one, by a pattern, or all of a resource, and each once', async () => {
  const { lines } = await server()
  expect(await lines('get', 'instance.*.state')).toEqual(['instance.http-1.state=ready', 'instance.http-2.state=ready'])
  expect(await lines('get', 'instance.http-2', 'instance.*.pid')).toEqual([
    'instance.http-2.name=http-2',
    'instance.http-2.state=ready',
    'instance.http-2.pid=12',
    'instance.http-1.pid=11',
  ])
  expect(await lines('get', '--json', String.raw`datasource.http-1.shop\.v2.maxConnections`)).toEqual([
    String.raw`{"datasource.http-1.shop\\.v2.maxConnections":4}`,
  ])
})

test('get prints settings, too: one by name, those of an entry, and both kinds by a pattern', async () => {
  const { lines } = await server()
  expect(await lines('get', 'datasources.shop.max')).toEqual(['datasources.shop.max=8'])
  expect(await lines('get', 'datasources.shop')).toContain('datasources.shop.file=shop.db')
  expect(await lines('get', 'datasource*.max*')).toEqual(
    expect.arrayContaining([String.raw`datasource.http-1.shop\.v2.maxConnections=4`, 'datasources.shop.max=8']),
  )
})

test('an attribute whose getter throws is missing, and a date is ISO 8601', async () => {
  const { lines } = await server()
  expect(await lines('get', 'push.http-1')).toEqual(['push.http-1.process=http-1', 'push.http-1.time=1970-01-01T00:00:00.000Z'])
})

test.for(['nothing', 'instance.http-9.*', 'instance.http-1.nothing'])('%s is no name of anything', async (name) => {
  const { lines } = await server()
  await expect(lines('get', 'instance.http-1', name)).rejects.toMatchObject({ code: 'SPY_NAME_UNKNOWN' })
  await expect(lines('list', name)).rejects.toMatchObject({ code: 'SPY_NAME_UNKNOWN' })
})

test('status shows a line for each instance; what is not known is a dash', async () => {
  const { lines } = await server()
  expect(await lines('status')).toContain('instance http-1  ready  pid 11  generation -  restarts -  requests -  isolation -')
})

test('reload asks the server and prints what was done', async () => {
  const { lines, reloaded } = await server()
  expect(await lines('reload', 'http-1')).toEqual(['reloaded http-1'])
  expect(reloaded).toEqual(['http-1'])
})

test('the Tab key completes commands, options, resources, and attributes after a resource', async () => {
  const { client, lines } = await server()
  expect(await completeLine('stat', client)).toEqual([['status'], 'stat'])
  expect(await completeLine('get --ta', client)).toEqual([['--target'], '--ta'])
  expect(await completeLine('get instance.', client)).toEqual([['instance.http-1', 'instance.http-2'], 'instance.'])
  expect(await completeLine('get instance.http-1.p', client)).toEqual([['instance.http-1.pid'], 'instance.http-1.p'])
  expect(await lines('complete', '--', 'get', 'instance.http-1')).toContain('instance.http-1.pid')
})

test('the Tab key completes whole lines: settings with their values, entries, operations with their arguments, and applications', async () => {
  const { client } = await server()
  const offers = async (line: string): Promise<readonly string[]> => (await completeLine(line, client))[0]
  expect(await offers('set agent.slowSt')).toEqual(['agent.slowStatementMs='])
  expect(await offers('set --reason x logs.rotation.com')).toEqual(['logs.rotation.compress='])
  expect(await offers('set logs.output=')).toEqual(['logs.output=both', 'logs.output=console', 'logs.output=file'])
  expect(await offers('set agent.slowStatementMs=5 --for ')).toEqual([])
  expect(await offers('delete datasources.sh')).toContain('datasources.shop')
  expect(await offers('create datas')).toEqual(['datasources.'])
  expect(await offers('create datasources.new ma')).toEqual(['max=', 'maxLagMs=', 'maxLifetimeMs=', 'maxWaiting='])
  expect(await offers('create datasources.new max=5 ma')).toEqual(['maxLagMs=', 'maxLifetimeMs=', 'maxWaiting='])
  expect(await offers('invoke instance.http-1.prof')).toEqual(['instance.http-1.profile'])
  expect(await offers('invoke instance.http-1 prof')).toEqual(['profile'])
  expect(await offers('invoke instance.http-1.profile sec')).toEqual(['seconds='])
  expect(await offers('invoke instance.http-1 profile --sec')).toEqual(['--seconds'])
  expect(await offers('invoke instance.http-1 profile --seconds 5 se')).toEqual([])
  expect(await offers('undeploy ')).toEqual([])
})
