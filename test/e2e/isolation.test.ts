/** With `isolation: user` nothing that one application has is found from another, nor anything that the server has. With `own` all of it is. */
import { randomBytes } from 'node:crypto'
import { chmodSync, cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { processesWith } from '../../runtime/src/holder/process-stat.ts'
import { repository, startSuite, type Suite } from '../support/suite.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { until } from '../support/until.ts'

const isRoot = process.platform === 'linux' && process.getuid?.() === 0

interface Vault {
  readonly pid: number
  readonly uid: number
  readonly groups: readonly number[]
  readonly files: readonly string[]
}

type Loot = Readonly<Record<'found' | 'read' | 'open' | 'listed' | 'written' | 'connected' | 'descriptors', readonly string[]>> & {
  readonly signalled: readonly number[]
  readonly uid: number
  readonly groups: readonly number[]
}

/** A secret for each way that it may leak. */
const canaries = () => ({ inFile: canary(), inEnvironment: canary(), inUrl: canary() })
const canary = (): string => `canary${randomBytes(16).toString('hex')}`

/** A copy of the fixture that nobody but its owner can read. */
function folderOf(name: 'vault' | 'hunter', secret = ''): string {
  const folder = join(tempFolder(), name)
  cpSync(join(repository, 'test/fixtures/isolation', name), folder, { recursive: true })
  writeFileSync(join(folder, 'secret.txt'), `${secret}\n`, { mode: 0o600 })
  return folder
}

async function done(result: ReturnType<Suite['run']>): Promise<string> {
  const { code, stdout, stderr } = await result
  expect(code, stderr).toBe(0)
  return stdout
}

/** A server with both applications. Users of applications pass through the folder that its data folder is in. */
async function startBoth(level: string, { inFile, inEnvironment }: ReturnType<typeof canaries>): Promise<Suite> {
  const place = tempFolder()
  chmodSync(place, 0o711)
  const suite = await startSuite(place, { listeners: [{ name: 'http' }, { name: 'second', port: 8081 }] })
  await done(suite.run('deploy', folderOf('vault', inFile), '--isolation', level, '--listener', 'second'))
  await done(suite.run('set', `applications.vault.environment.CANARY=${inEnvironment}`))
  await done(suite.run('deploy', folderOf('hunter'), '--isolation', level, '--path', '/'))
  await until(() => processesWith(`CANARY=${inEnvironment}`).length > 0)
  return suite
}

const vaultUrl = ({ config }: Suite): string => `http://127.0.0.1:${config.listeners[1]?.port}/vault`

async function askVault(suite: Suite, query = ''): Promise<Vault> {
  const vault = (await (await fetch(`${vaultUrl(suite)}/${query}`)).json()) as Vault
  onTestFinished(() => vault.files.forEach((file) => rmSync(file, { force: true })))
  return vault
}

const everythingIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => join(entry.parentPath, entry.name))

/** The hunter knows the name of every file, socket and process. */
async function hunt(suite: Suite, texts: readonly string[], more: readonly string[]): Promise<Loot> {
  const all = [...everythingIn(suite.data), ...more, ...readdirSync('/tmp').map((name) => `/tmp/${name}`)]
  const kindOf = (file: string) => statSync(file, { throwIfNoEntry: false })
  const { app, management, store, console: page } = suite.urls
  const answer = await fetch(app, {
    method: 'POST',
    body: JSON.stringify({
      reversed: texts.map((text) => text.split('').toReversed().join('')),
      files: all.filter((file) => kindOf(file)?.isFile()),
      folders: [suite.data, ...all.filter((file) => file.startsWith(suite.data) && kindOf(file)?.isDirectory())],
      sockets: all.filter((file) => file.startsWith(suite.data) && kindOf(file)?.isSocket()),
      processes: processesWith(`SPYGLASS_SERVER_DATA=${suite.data}`),
      urls: [
        `${management}/metrics`,
        `${management}/jolokia/list`,
        `${management}/jolokia/read/*:*`,
        `${store}/?query=SELECT+*+FROM+spans`,
        page,
      ],
    }),
  })
  return (await answer.json()) as Loot
}

function passwordsOf({ secrets }: Suite): readonly string[] {
  const { clickhouse, console: page, snmp, otlp, internal } = secrets
  return [clickhouse.reader.password, page.password, snmp.authPassword, snmp.privPassword, otlp.token, internal.token]
}

test.runIf(isRoot)(
  'a canary of one application is found nowhere from another, the secrets of the server nowhere; log, spool and figures work under the other user',
  async () => {
    const texts = canaries()
    await using suite = await startBoth('user', texts)
    const vault = await askVault(suite, `?token=none&q=${texts.inUrl}`)
    const log = join(suite.data, 'logs/access/vault.log')
    await until(() => readFileSync(log, 'utf8').includes(texts.inUrl))
    expect(vault.uid).toBeGreaterThanOrEqual(0x70_00_00_00)
    expect(vault.groups.filter((group) => group !== vault.uid)).toEqual([])
    expect(await done(suite.run('logs', 'vault'))).toContain(texts.inFile)
    const status = async (): Promise<string> => await done(suite.run('status'))
    await until(async () => /instance vault-1 .*requests [1-9].* isolation user/.test(await status()))
    expect(await status()).toMatch(/isolation user: own processes under an own user: .+/)

    const loot = await hunt(suite, [...Object.values(texts), ...passwordsOf(suite)], vault.files)
    const own = /\/(homes|applications)\/hunter(\/|$)|\/logs\/access\/hunter\.log$/
    const ofOthers = (places: readonly string[]): readonly string[] =>
      places.filter((place) => place.startsWith(suite.data) && !own.test(place))
    expect(loot.uid).not.toBe(vault.uid)
    expect(loot.found).toEqual([])
    expect(loot.open).toEqual([])
    expect([ofOthers(loot.read), ofOthers(loot.listed), ofOthers(loot.descriptors)]).toEqual([[], [], []])
    expect(loot.written.filter((folder) => !folder.includes('/homes/hunter'))).toEqual([]) // its own code is not for it to change
    expect(loot.connected).toEqual([join(suite.data, 'sockets/hunter.sock')])
    expect(loot.signalled).toHaveLength(1) // itself

    // A request in flight at a crash: the collector finds the spool in the home and writes the line.
    await new Promise<void>((resolve, reject) => {
      const slow = request(`${vaultUrl(suite)}/slow`, (response) => response.once('data', () => resolve()).on('error', () => {}))
      slow.on('error', reject).end()
    })
    const spools = join(suite.data, 'homes/vault/spool')
    const { pid } = await askVault(suite)
    await until(() =>
      readdirSync(spools).some((name) => name.includes(`-${pid}-`) && readFileSync(join(spools, name)).includes('"application":"vault"')),
    )
    process.kill(pid, 'SIGKILL')
    await until(() => /slow.*process_crashed/.test(readFileSync(log, 'utf8')))
    await until(async () => (await fetch(vaultUrl(suite)).catch(() => undefined))?.status === 200)
  },
)

test("under Node's permission model an application reaches neither files nor processes by the usual ways, and is served, logged and measured", async () => {
  await using suite = await startSuite(tempFolder(), {})
  await done(suite.run('deploy', folderOf('hunter'), '--isolation', 'permission', '--path', '/'))
  const loot = await hunt(suite, passwordsOf(suite), [])
  const own = /\/(homes|applications)\/hunter(\/|$)|\/logs\/access\/(hunter|_server)\.log$/
  expect(loot.found).toEqual([])
  expect(loot.read.filter((file) => !own.test(file))).toEqual([])
  expect(loot.written.filter((folder) => !folder.includes('/homes/hunter'))).toEqual([])
  await until(() => readFileSync(join(suite.data, 'logs/access/hunter.log'), 'utf8').includes('"POST"'))
  await until(async () => /instance hunter-1 .*requests [1-9].* isolation permission/.test(await done(suite.run('status'))))
})

test.runIf(isRoot)('at the same user the same hunter finds all of it: the promise is that of the level user alone', async () => {
  const texts = canaries()
  await using suite = await startBoth('own', texts)
  const vault = await askVault(suite, `?q=${texts.inUrl}`)
  const loot = await hunt(suite, [...Object.values(texts), ...passwordsOf(suite)], vault.files)
  expect(loot.found).toContain(`/proc/${vault.pid}/environ`)
  expect(loot.found).toContain(join(suite.data, 'secrets.yaml'))
  expect(loot.found).toEqual(expect.arrayContaining([...vault.files]))
  expect(loot.connected.length).toBeGreaterThan(2)
})
