import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { SpyglassError } from '@spyglass/agent/contract'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { createRegistry } from '@spyglass/agent/registry'
import { openAuthenticator, proofOf } from '@spyglass/process/access'
import * as rules from '@spyglass/process/config'
import { packTar } from 'modern-tar'
import { expect, onTestFinished, test, vi } from 'vitest'
import { connectAdministration, managementSocketFile, serveAdministration } from '@spyglass/process/admin-socket'
import { hostAdministration } from '../../../runtime/src/administration-host/index.ts'
import { settingsAtStart } from '../../../runtime/src/administration/index.ts'
import { exitCodeOf } from '../../../runtime/src/cli/exit-codes.ts'
import { commandOf, parseCommand } from '../../../runtime/src/cli/parse.ts'
import { runCommand } from '../../../runtime/src/cli/runs.ts'
import { sharedSession } from '../../../runtime/src/cli/session.ts'
import { localMethods } from '../../../runtime/src/management/local-methods.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { until } from '../../support/until.ts'

const TAKEN = { traceId: 'a'.repeat(32), durationMs: 2040, cpuMs: 512, by: 'node:inspector' }

type Settings = Parameters<typeof rules.readSettings>[0]

/** A server without processes: a test says whether an application becomes ready with a configuration. */
async function server(
  isReady: (config: rules.SpyglassConfig) => string | undefined = () => undefined,
  base = tempFolder(),
  set: Settings = {},
) {
  const folder = rules.ensureDataFolder(join(base, 'data'))
  const secrets = rules.ensureSecrets(folder.secrets)
  const input = rules.readSettings({ ...set, data: folder.root })
  const desired = settingsAtStart(rules, input, { administration: folder.administration, onDamage: () => {} })
  const asked: string[] = []
  const warnings: string[] = []
  let config = desired.config
  const host = await hostAdministration({
    folder,
    secrets,
    input,
    settings: desired.settings,
    config,
    readAgain: async () => input,
    onConfig: (changed) => (config = changed),
    reload: async (name) => (asked.push(name), `reloaded ${name || 'all'}`),
    async ask(instance, operation, given) {
      asked.push(`${operation} of ${instance}`)
      return operation === 'profile' ? { ...TAKEN, kind: given['kind'] } : given
    },
    async applied() {
      const reason = isReady(config)
      if (reason !== undefined) throw new SpyglassError('SPY_RELOAD_FAILED', '%s', [reason])
    },
    onDamage: () => () => {},
    log: { info: () => {}, warn: (fields, message) => void warnings.push(`${message} ${JSON.stringify(fields)}`), error: () => {} },
  })
  const registry = createRegistry({ kindNamed })
  const management = await serveAdministration({ file: managementSocketFile(folder.run), methods: localMethods(registry) })
  const client = await connectAdministration({ dataFolder: folder.root, run: folder.run })
  onTestFinished(async () => {
    client[Symbol.dispose]()
    await Promise.all([host.close(), management.close()])
  })
  async function lines(...argv: readonly string[]): Promise<readonly string[]> {
    const printed: string[] = []
    await runCommand(parseCommand(argv), { ...sharedSession(client), print: (more) => printed.push(...more) })
    return printed
  }
  /** An archive of the shop whose index.js is this text. */
  async function archive(text: string, name = 'shop-1.0.0.tgz'): Promise<string> {
    const file = join(base, name)
    writeFileSync(file, gzipSync(await packTar([{ header: { name: 'package/index.js', size: text.length }, body: text }])))
    return file
  }
  const codeInService = (): string | undefined => {
    const [application] = config.applications
    return application && readFileSync(join(application.folder, 'index.js'), 'utf8')
  }
  return { client, lines, archive, codeInService, current: () => config, asked, warnings, management, folder, secrets, base }
}

const failureOf = async (action: Promise<unknown>): Promise<{ code: string; exit: number }> =>
  action.then(
    () => ({ code: '', exit: 0 }),
    (error: { code: string }) => ({ code: error.code, exit: exitCodeOf(error) }),
  )

test('an archive is deployed under its name, again as a new version, rolled back and undeployed', async () => {
  const { lines, archive, codeInService, current } = await server()
  expect(await lines('deploy', await archive('one'))).toEqual(['deployed version 1 of shop'])
  expect(current().applications).toMatchObject([{ name: 'shop', contextPath: '/shop', listener: 'http' }])
  expect(await lines('deploy', await archive('two', 'shop-2.0.0.tgz'), '--replicas', '2')).toEqual(['deployed version 2 of shop'])
  expect([codeInService(), current().applications[0]?.replicas]).toEqual(['two', 2])
  expect(await lines('versions', 'shop')).toEqual([
    expect.stringMatching(/^ {2}1 {2}/),
    expect.stringMatching(/^\* 2 {2}.*shop-2\.0\.0\.tgz$/),
  ])
  expect(await lines('rollback', 'shop', '--reason', 'basket is empty')).toEqual(['rolled back shop to version 1'])
  expect([codeInService(), current().applications[0]?.replicas]).toEqual(['one', 2])
  expect(await lines('rollback', 'shop', '2')).toEqual(['rolled back shop to version 2'])
  expect(codeInService()).toBe('two')
  expect(await failureOf(lines('rollback', 'shop', '9'))).toEqual({ code: 'SPY_VERSION_UNKNOWN', exit: 4 })
  expect(await lines('undeploy', 'shop')).toEqual(['undeployed shop'])
  expect(current().applications).toEqual([])
  expect(
    (await lines('history', '--limit', '100')).filter((line) => /\bdeploy\b|rollback|undeploy/.test(line)).length,
  ).toBeGreaterThanOrEqual(6)
})

test('a folder is deployed with its settings, and an unknown host is created', async () => {
  const { lines, base, current } = await server()
  const folder = join(base, 'My App')
  mkdirSync(folder)
  writeFileSync(join(folder, 'index.js'), 'x')
  await lines('deploy', folder, '--path', '/', '--host', 'apps.example', '--import', 'tsx,./telemetry.js', '--isolation', 'own')
  expect(current().applications).toMatchObject([
    { name: 'my-app', contextPath: '/', host: 'apps.example', imports: ['tsx', './telemetry.js'] },
  ])
  expect(current().hosts).toMatchObject([{ name: 'apps.example' }])
})

test('every option of deploy is a setting of the application', async () => {
  const { lines, archive, current } = await server()
  const source = await archive('x')
  const options = ['--name', 'jobs', '--path', '/j', '--host', 'a.example', '--listener', 'http', '--replicas', '3', '--isolation', 'own']
  await lines('deploy', source, ...options, '--import', 'tsx', '--import', './b.js', '--worker')
  expect(current().applications).toMatchObject([
    { name: 'jobs', contextPath: '/j', host: 'a.example', listener: 'http', replicas: 3, isolation: 'own', imports: ['tsx', './b.js'] },
  ])
  expect(current().applications[0]).toMatchObject({ worker: true, static: false })
  await lines('deploy', source, '--name', 'site', '--static')
  expect(current().applications[1]).toMatchObject({ name: 'site', worker: false, static: true })
  const declared = Object.keys(commandOf(['deploy'])?.options ?? {})
  expect(declared).toEqual(
    expect.arrayContaining(['name', 'entry', 'path', 'host', 'listener', 'replicas', 'import', 'worker', 'static', 'isolation']),
  )
})

test('a listener may be named by its port, and is created where none has it; a refused deployment leaves none', async () => {
  const { lines, archive, current } = await server()
  const source = await archive('x')
  await lines('deploy', source, '--listener', '8080')
  expect(current().applications).toMatchObject([{ name: 'shop', listener: 'http' }])
  await lines('deploy', source, '--name', 'second', '--listener', '8091')
  expect(current().listeners).toMatchObject([{ name: 'http' }, { name: 'http-8091', port: 8091 }])
  expect(current().applications[1]).toMatchObject({ name: 'second', listener: 'http-8091' })
  const refused = lines('deploy', source, '--name', 'third', '--listener', '8092', '--host', 'b.example', '--isolation', 'nothing')
  expect(await failureOf(refused)).toEqual({ code: 'SPY_CONFIG_INVALID', exit: 6 })
  expect([current().listeners.length, current().hosts]).toEqual([2, []])
})

test('a version that does not become ready leaves service, configuration and versions as they were', async () => {
  const seen: rules.SpyglassConfig[] = []
  const world = await server((config) => {
    seen.push(config)
    const [application] = config.applications
    return application && readFileSync(join(application.folder, 'index.js'), 'utf8') === 'broken' ? 'SyntaxError' : undefined
  })
  const { lines, archive, codeInService, current } = world
  expect(await failureOf(lines('deploy', await archive('broken')))).toMatchObject({ code: 'SPY_RELOAD_FAILED' })
  expect(current().applications).toEqual([])
  await lines('deploy', await archive('good'))
  expect(await failureOf(lines('deploy', await archive('broken')))).toMatchObject({ code: 'SPY_RELOAD_FAILED' })
  expect(codeInService()).toBe('good')
  expect((await lines('versions', 'shop')).filter((line) => line.startsWith('*'))).toHaveLength(1)
  expect(await lines('versions', 'shop')).toHaveLength(1)
})

test('of a refused first deployment no home and no log remain; what an earlier one of that name left stays', async () => {
  const { lines, archive, folder } = await server(({ applications }) => {
    const [application] = applications
    if (!application) return undefined
    mkdirSync(join(folder.homes, application.name, 'tmp'), { recursive: true })
    mkdirSync(folder.accessLogs, { recursive: true })
    writeFileSync(join(folder.accessLogs, `${application.name}.log`), 'GET /')
    return 'SyntaxError'
  })
  const left = () => [folder.homes, folder.accessLogs].flatMap((path) => readdirSync(path))
  expect(await failureOf(lines('deploy', await archive('broken')))).toMatchObject({ code: 'SPY_RELOAD_FAILED' })
  expect(left()).toEqual([])
  mkdirSync(join(folder.homes, 'shop'))
  expect(await failureOf(lines('deploy', await archive('broken')))).toMatchObject({ code: 'SPY_RELOAD_FAILED' })
  expect(left()).toEqual(['shop'])
})

test('what goes wrong with cleaning up does not hide why a deployment was refused', async () => {
  const { lines, archive, base, warnings, folder } = await server(({ applications }) => {
    if (applications.length > 0) mkdirSync(join(folder.homes, 'shop'), { recursive: true })
    return applications.length > 0 ? 'SyntaxError' : undefined
  })
  const remove = fs.rm
  const spy = vi.spyOn(fs, 'rm').mockImplementation(async (path, options) => {
    if (existsSync(path)) throw Object.assign(new Error('EIO: rm'), { code: 'EIO' })
    return remove(path, options)
  })
  syncBuiltinESMExports()
  onTestFinished(() => {
    spy.mockRestore()
    syncBuiltinESMExports()
  })
  expect(await failureOf(lines('deploy', await archive('broken')))).toMatchObject({ code: 'SPY_RELOAD_FAILED' })
  expect(warnings.filter((line) => line.startsWith('cannot clean up after a deployment'))).toHaveLength(2) // the version, and its home
  writeFileSync(join(base, 'bad.tgz'), readFileSync(await archive('x'.repeat(2000))).subarray(0, 60))
  expect(await failureOf(lines('deploy', join(base, 'bad.tgz')))).toMatchObject({ code: 'SPY_ARCHIVE_BROKEN' })
})

test('a refused archive in the auto-deploy folder says why beside it, and deploying goes on', async () => {
  const base = tempFolder()
  const deploy = join(base, 'deploy')
  mkdirSync(deploy)
  const { codeInService } = await server(() => undefined, base, {
    base: { deployment: { autoDeployFolder: deploy, autoDeployIntervalMs: 100 } },
  })
  const file = (name: string, body: string) => ({ header: { name, size: body.length }, body })
  const many = Array.from({ length: 200 }, (_, i) => file(`f${i}`, 'x'))
  const refused = await packTar([...many, file('../evil', 'x'), file('large', 'x'.repeat(2 ** 21))])
  for (const name of ['office.tar', 'bank.tgz']) writeFileSync(join(deploy, name), name === 'office.tar' ? refused : gzipSync(refused))
  for (const name of ['office.tar', 'bank.tgz'])
    expect(await until(() => existsSync(join(deploy, `${name}.failed`)) && readFileSync(join(deploy, `${name}.failed`), 'utf8'))).toContain(
      'leads out of the archive',
    )
  writeFileSync(join(deploy, 'shop.tar'), await packTar([file('PKI.js', 'x'), file('index.js', 'one')]))
  await until(() => codeInService() === 'one')
})

test('packages are installed where a deployment, the application or the server says so; a failure leaves the version in service', async () => {
  const { lines, archive, codeInService, current } = await server()
  const one = await archive('one')
  const refused = { code: 'SPY_INSTALL_NO_LOCK', exit: 1 }
  expect(await failureOf(lines('deploy', one, '--install'))).toEqual(refused)
  expect(await lines('deploy', one)).toEqual(['deployed version 1 of shop'])
  await lines('set', 'applications.shop.install=true')
  expect(await failureOf(lines('deploy', await archive('two')))).toEqual(refused)
  expect([codeInService(), (await lines('versions', 'shop')).length]).toEqual(['one', 1])
  await lines('set', 'applications.shop.install=false', 'deployment.install=true')
  expect(await failureOf(lines('deploy', one, '--name', 'other'))).toEqual(refused)
  expect(await lines('deploy', await archive('three'))).toEqual(['deployed version 3 of shop'])
  expect(current().applications).toHaveLength(1)
})

test('what cannot be deployed is refused, and nothing is kept', async () => {
  const { lines, archive, base, current, folder } = await server()
  writeFileSync(join(base, 'bad.tgz'), 'garbage')
  expect(await failureOf(lines('deploy', join(base, 'bad.tgz')))).toMatchObject({ code: 'SPY_ARCHIVE_BROKEN' })
  expect(await failureOf(lines('deploy', join(base, 'nothing')))).toMatchObject({ code: 'SPY_DEPLOY_SOURCE' })
  expect(await failureOf(lines('deploy', await archive('x'), '--name', 'Not A Name'))).toMatchObject({ code: 'SPY_DEPLOY_NAME' })
  expect(await failureOf(lines('deploy', await archive('x'), '--listener', 'nothing'))).toEqual({ code: 'SPY_CONFIG_INVALID', exit: 6 })
  expect(current().applications).toEqual([])
  expect(await lines('versions', 'shop').catch(() => [])).toEqual([])
  expect(readdirSync(join(folder.root, 'applications'))).toEqual([])
})

test('an archive that came over HTTP is called by the name of its file: in the list of versions, in errors and in the history', async () => {
  const { client, lines, archive, folder } = await server()
  const uploads = join(folder.uploads, 'console')
  mkdirSync(uploads, { recursive: true })
  const uploaded = join(uploads, 'archive.tgz')
  const invoke = (source: string) =>
    client.call(
      'invoke',
      { name: 'server.deploy', arguments: { source, origin: 'Shop-1.4.0.tgz' } },
      { as: { user: 'bert', role: 'administrator' } },
    )
  writeFileSync(uploaded, readFileSync(await archive('one')))
  await invoke(uploaded)
  expect(await lines('versions', 'shop')).toEqual([expect.stringMatching(/^\* 1 .* by bert {2}from Shop-1\.4\.0\.tgz$/)])
  writeFileSync(uploaded, 'garbage')
  await expect(invoke(uploaded)).rejects.toThrow(/^the archive Shop-1\.4\.0\.tgz cannot be read: /)
  const history = (await lines('history', '--json')).join('\n')
  expect(history).toContain('Shop-1.4.0.tgz')
  expect(history).not.toContain('archive.tgz')
})

test('what a caller calls a file of the machine does not hide which file was deployed', async () => {
  const { client, lines, archive, folder } = await server()
  const source = await archive('one', 'evil.tgz')
  mkdirSync(folder.uploads)
  const beside = `${folder.uploads}/../../../evil.tgz`
  for (const named of [source, beside]) {
    await client.call('invoke', { name: 'server.deploy', arguments: { source: named, origin: 'shop-1.4.0.tgz' } })
    expect((await lines('versions', 'shop')).at(-1)).toMatch(`from shop-1.4.0.tgz (${named})`)
    expect((await lines('history', '--json')).at(-1)).toContain(named)
  }
})

test('an application is scaled, disabled, enabled and reloaded by words of their own', async () => {
  const { lines, archive, current, asked } = await server()
  await lines('deploy', await archive('one'))
  expect(await lines('scale', 'shop', '3')).toContainEqual(expect.stringMatching(/^applications\.shop\.replicas: .* -> 3$/))
  await lines('disable', 'shop', '--reason', 'maintenance')
  expect(rules.instanceGroups(current()).map(({ name }) => name)).not.toContain('shop')
  await lines('enable', 'shop')
  expect(rules.instanceGroups(current())).toMatchObject([{ name: 'shop', replicas: 3 }])
  expect(await lines('reload', 'shop')).toEqual(['reloaded shop'])
  expect(await lines('invoke', 'applications.shop.reload')).toEqual(['reloaded shop'])
  expect(asked).toEqual(['shop', 'shop'])
  expect(await failureOf(lines('scale', 'shop', 'many'))).toMatchObject({ exit: 2 })
})

test('users and tokens are made, work on the ports, and end; their secrets are in no history', async () => {
  const { lines, folder, secrets } = await server()
  const [password = ''] = await lines('user', 'create', 'anna', '--role', 'operator')
  const [token = ''] = await lines('token', 'create', 'grafana', '--role', 'viewer', '--for', '30d')
  const admit = (header: string) => openAuthenticator('console', { secrets, folder }).admit(proofOf(header), { address: '127.0.0.1' })
  const basic = (user: string, text: string): string => `Basic ${Buffer.from(`${user}:${text}`).toString('base64')}`
  expect(await admit(basic('anna', password))).toMatchObject({ principal: { actor: 'anna', role: 'operator' } })
  expect(await admit(`Bearer ${token}`)).toMatchObject({ principal: { actor: 'token grafana', role: 'viewer' } })
  expect(await lines('user', 'list')).toEqual([expect.stringMatching(/^anna {2}operator {2}/)])
  const [line = ''] = await lines('token', 'list')
  expect(line).toMatch(/^\w{10} {2}grafana {2}viewer {2}.* until \d{4}-/)
  await lines('token', 'revoke', line.slice(0, 10))
  expect(await admit(`Bearer ${token}`)).toEqual({ refused: 'wrong' })
  await lines('user', 'delete', 'anna')
  expect(await admit(basic('anna', password))).toEqual({ refused: 'wrong' })
  const history = (await lines('history', '--json')).join('\n')
  expect(history).toContain('createToken')
  for (const secret of [password, token, token.split('_')[2] ?? '']) expect(history).not.toContain(secret)
  const kept = readFileSync(join(folder.administration, 'history.jsonl'), 'utf8')
  for (const secret of [password, token]) expect(kept).not.toContain(secret)
})

test.for([
  [['user', 'create', 'admin'], 'SPY_USER_EXISTS'],
  [['user', 'create', 'a b'], 'SPY_USER_INVALID'],
  [['user', 'create', 'anna', '--role', 'root'], 'SPY_ADMIN_ARGUMENT'],
  [['user', 'delete', 'nobody'], 'SPY_USER_UNKNOWN'],
  [['token', 'revoke', 'nothing'], 'SPY_TOKEN_UNKNOWN'],
  [['token', 'create', 'x', '--for', 'ever'], 'SPY_ARGUMENT_UNKNOWN'],
] as const)('%j: %s', async ([argv, code]) => {
  const { lines } = await server()
  expect(await failureOf(lines(...argv))).toMatchObject({ code })
})

test('a reload is in the history with the name and in the role of who asked for it', async () => {
  const { client, lines } = await server()
  const as = (user: string, role: 'viewer' | 'operator') => ({ as: { user, role } })
  expect(await client.call('reload', {}, as('token ci', 'operator'))).toBe('reloaded all')
  expect(await client.call('reload', { instance: 'shop-1' }, as('müller', 'operator'))).toBe('reloaded shop-1')
  await expect(client.call('reload', {}, as('anna', 'viewer'))).rejects.toMatchObject({ code: 'SPY_ADMIN_FORBIDDEN' })
  await expect(client.call('set', { values: { 'agent.slowStatementMs': 1 } }, as('anna', 'operator'))).rejects.toMatchObject({
    code: 'SPY_ADMIN_FORBIDDEN',
  })
  expect(await lines('history')).toEqual([
    expect.stringContaining('token ci  invoke server.reload'),
    expect.stringContaining('müller  invoke instance.shop-1.reload'),
  ])
})

test('without management the configuration can still be read and changed, and live values say why they are missing', async () => {
  const { lines, management } = await server()
  await management.close()
  expect(await lines('set', 'agent.slowStatementMs=50')).toContainEqual(expect.stringMatching(/^change 1/))
  expect(await failureOf(lines('status'))).toEqual({ code: 'SPY_LOCAL_PART', exit: 3 })
  expect(await lines('get', 'agent.slowStatementMs')).toEqual(['agent.slowStatementMs=50'])
})

test('a profile of an instance is taken by the instance, and the answer leads to the console; what it cannot last is refused', async () => {
  const { client, asked } = await server()
  const invoke = async (given: object) => client.call('invoke', { name: 'instance.shop-1.profile', arguments: given })
  expect(await invoke({ seconds: '2', kind: 'wall' })).toMatchObject({
    result: `0.5 s on the processor of 2.0 s, by node:inspector: http://127.0.0.1:8900/#/trace/${'a'.repeat(32)}`,
  })
  expect(asked).toEqual(['profile of shop-1'])
  for (const given of [{ seconds: 0 }, { seconds: 61 }, { seconds: 'long' }, { kind: 'heap' }])
    await expect(invoke(given)).rejects.toMatchObject({ code: 'SPY_ADMIN_ARGUMENT' })
})

test('alerts are acknowledged and silenced by the collector, in the name of who asks', async () => {
  const { client, asked } = await server()
  const invoke = async (name: string, given: object) =>
    client.call('invoke', { name, arguments: given }, { as: { user: 'mara', role: 'operator' } })
  expect(await invoke('alerting.acknowledge', { incident: '00ff', note: 'n' })).toMatchObject({
    result: { incident: '00ff', note: 'n', actor: 'mara' },
  })
  expect(await invoke('alerting.silence', { matchers: 'pool=shop,severity=critical', endsAt: 'e', comment: 'c' })).toMatchObject({
    result: { matchers: ['pool=shop', 'severity=critical'], endsAt: 'e', comment: 'c', actor: 'mara' },
  })
  await invoke('alerting.expireSilence', { id: 'x' })
  await invoke('alerting.silences', {})
  expect(asked).toEqual(['acknowledge of collector', 'silence of collector', 'expireSilence of collector', 'silences of collector'])
  const as = { as: { user: 'anna', role: 'viewer' as const } }
  await expect(client.call('invoke', { name: 'alerting.acknowledge', arguments: { incident: '1' } }, as)).rejects.toMatchObject({
    code: 'SPY_ADMIN_FORBIDDEN',
  })
})

test('an operation on jobs by their configured name goes to the process that keeps them, and one that names an instance there', async () => {
  const { client, asked } = await server()
  await client.call('invoke', { name: 'jobs.orders.pause' })
  await client.call('invoke', { name: 'jobQueue.shop-1.orders.resume' })
  expect(asked).toEqual(['pause of job-store', 'resume of shop-1'])
})

test('an operation that names no instance is carried out by those that have the resource, as it declares', async () => {
  const shop = {
    name: 'shop',
    folder: tempFolder(),
    listener: 'http',
    replicas: 2,
    caches: ['products'],
    datasources: ['orders'],
    jobs: ['mails'],
  }
  const lists = {
    caches: [{ name: 'products' }, { name: 'unused' }],
    datasources: [{ name: 'orders', file: 'orders.db' }],
    jobs: [{ name: 'mails', store: 'redis', url: 'redis://127.0.0.1:6379' }],
  }
  const { client, asked } = await server(undefined, undefined, {
    base: { listeners: [{ name: 'http', port: 8080 }], applications: [shop], ...lists },
  })
  const invoke = (name: string, given = {}): Promise<unknown> => client.call('invoke', { name, arguments: given })
  await invoke('caches.products.purge', { all: true })
  await invoke('datasources.orders.sql', { statement: 'SELECT 1' })
  await invoke('jobs.mails.pause')
  expect(asked).toEqual(['purge of shop-1', 'purge of shop-2', 'sql of shop-1', 'pause of shop-1'])
  await expect(invoke('caches.unused.purge', { all: true })).rejects.toMatchObject({ code: 'SPY_ADMIN_RESOURCE_IDLE' })
  await expect(invoke('datasources.orders.reclaim', { connection: 3 })).rejects.toMatchObject({
    code: 'SPY_ADMIN_RESOURCE_SEVERAL',
    message: 'reclaim is about one process, and several have datasources.orders: name one, shop-1 or shop-2',
  })
})

test('operations of a datasource are carried out by the instance that has its pool', async () => {
  const { client, asked } = await server()
  const name = 'datasource.shop-1.orders.reclaim'
  expect(await client.call('invoke', { name, arguments: { connection: 3 } })).toMatchObject({
    result: { datasource: 'orders', connection: 3 },
  })
  for (const operation of ['cancel', 'autopsy'])
    await client.call('invoke', {
      name: `datasource.shop-1.orders.${operation}`,
      arguments: operation === 'cancel' ? { connection: 3 } : {},
    })
  expect(asked).toEqual(['reclaim of shop-1', 'cancel of shop-1', 'autopsy of shop-1'])
})
