import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { kindNamed, SpyglassError } from '@spyglass/agent/contract'
import { createRegistry } from '@spyglass/agent/registry'
import { openAuthenticator, proofOf } from '@spyglass/process/access'
import * as rules from '@spyglass/process/config'
import { packTar } from 'modern-tar'
import { expect, onTestFinished, test } from 'vitest'
import { connectAdministration, managementSocketFile, serveAdministration } from '../../../runtime/src/admin-socket/index.ts'
import { hostAdministration } from '../../../runtime/src/administration-host/index.ts'
import { settingsAtStart } from '../../../runtime/src/administration/index.ts'
import { exitCodeOf } from '../../../runtime/src/cli/exit-codes.ts'
import { parseCommand } from '../../../runtime/src/cli/parse.ts'
import { runCommand } from '../../../runtime/src/cli/runs.ts'
import { sharedSession } from '../../../runtime/src/cli/session.ts'
import { localMethods } from '../../../runtime/src/management/local-methods.ts'
import { tempFolder } from '../../support/temp-folder.ts'

/** A server without processes: a test says whether an application becomes ready with a configuration. */
async function server(isReady: (config: rules.SpyglassConfig) => string | undefined = () => undefined) {
  const base = tempFolder()
  const folder = rules.ensureDataFolder(join(base, 'data'))
  const secrets = rules.ensureSecrets(folder.secrets)
  const input = rules.readSettings({ data: folder.root })
  const desired = settingsAtStart(rules, input, { administration: folder.administration, onDamage: () => {} })
  const asked: string[] = []
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
    async applied() {
      const reason = isReady(config)
      if (reason !== undefined) throw new SpyglassError('SPY_RELOAD_FAILED', '%s', [reason])
    },
    onDamage: () => () => {},
    log: { warn: () => {}, error: () => {} },
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
  return { client, lines, archive, codeInService, current: () => config, asked, management, folder, secrets, base }
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

test('what cannot be deployed is refused, and nothing is kept', async () => {
  const { lines, archive, base, current } = await server()
  writeFileSync(join(base, 'bad.tgz'), 'garbage')
  expect(await failureOf(lines('deploy', join(base, 'bad.tgz')))).toMatchObject({ code: 'SPY_ARCHIVE_BROKEN' })
  expect(await failureOf(lines('deploy', join(base, 'nothing')))).toMatchObject({ code: 'SPY_DEPLOY_SOURCE' })
  expect(await failureOf(lines('deploy', await archive('x'), '--name', 'Not A Name'))).toMatchObject({ code: 'SPY_DEPLOY_NAME' })
  expect(await failureOf(lines('deploy', await archive('x'), '--listener', 'nothing'))).toEqual({ code: 'SPY_CONFIG_INVALID', exit: 6 })
  expect(current().applications).toEqual([])
  expect(await lines('versions', 'shop').catch(() => [])).toEqual([])
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
