import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { spawn } from 'node:child_process'
import { processStat } from '../../runtime/src/holder/process-stat.ts'
import { collect, repository, startSuite, type Suite } from '../support/suite.ts'
import { until } from '../support/until.ts'

let suite: Suite
const folder = mkdtempSync(join(tmpdir(), 'spyglass-administration-'))
const inbox = join(folder, 'inbox')

beforeAll(async () => {
  mkdirSync(inbox)
  const deployment = { autoDeployFolder: inbox, autoDeployIntervalMs: 200 }
  suite = await startSuite(folder, { deployment, listeners: [{ name: 'http' }, { name: 'second', port: 8090 }] })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

/** A command by the bin, without a condition and without npm. */
async function spyglass(...args: readonly string[]) {
  const child = spawn(process.execPath, [join(repository, 'runtime/bin/spyglass.js'), ...args, '--data', suite.data], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return collect(child)
}

/** A program that knows nothing of Spyglass and answers with this text. */
function program(text: string): string {
  const app = join(folder, 'shop')
  mkdirSync(app, { recursive: true })
  writeFileSync(join(app, 'package.json'), '{"name":"shop","type":"module","main":"index.js"}')
  writeFileSync(
    join(app, 'index.js'),
    `import http from 'node:http'\nhttp.createServer((request, response) => response.end('${text}')).listen(3000)\n`,
  )
  return app
}

const answer = async (path = '/'): Promise<string> => (await fetch(`${suite.urls.app}${path}`)).text()

/** Clients that ask one request after the other, each on a connection that is kept or not; what they count is what failed. */
function load(clients = 8) {
  let isOver = false
  const counts = { good: 0, failed: 0 }
  async function ask(isKept: boolean): Promise<void> {
    while (!isOver) {
      try {
        const response = await fetch(`${suite.urls.app}/`, isKept ? {} : { headers: { connection: 'close' } })
        const text = await response.text()
        if (response.ok && /^v\d+$/.test(text)) counts.good++
        else counts.failed++
      } catch {
        counts.failed++
      }
    }
  }
  const all = Array.from({ length: clients }, (_, i) => ask(i % 2 === 0))
  return async () => {
    isOver = true
    await Promise.all(all)
    return counts
  }
}

/** The child of the holder that decides. */
function deciderPid(): number {
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && processStat(Number(name))?.parent === suite.keeper.pid)
  return Number(children.find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('decider-main')))
}

test('versions are deployed, a broken one refused, and an old one rolled back to, without losing a request', async () => {
  expect(await spyglass('deploy', program('v1'), '--path', '/')).toMatchObject({ code: 0, stdout: 'deployed version 1 of shop\n' })
  expect(await answer()).toBe('v1')
  const end = load()
  expect((await spyglass('deploy', program('v2'))).stdout).toBe('deployed version 2 of shop\n')
  expect(await answer()).toBe('v2')
  const broken = join(folder, 'broken')
  mkdirSync(broken)
  writeFileSync(join(broken, 'index.js'), "throw new Error('broken on purpose')")
  const refused = await spyglass('deploy', broken, '--name', 'shop')
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('broken on purpose')])
  expect(await answer()).toBe('v2')
  expect((await spyglass('rollback', 'shop')).stdout).toBe('rolled back shop to version 1\n')
  expect(await answer()).toBe('v1')
  expect((await spyglass('scale', 'shop', '2')).code).toBe(0)
  await until(async () => (await spyglass('get', 'instance.shop-2.state')).stdout === 'instance.shop-2.state=ready\n')
  const { good, failed } = await end()
  expect(good).toBeGreaterThan(50)
  expect(failed).toBe(0)
})

test('a setting of the instances is changed for a time, and in force without a restart', async () => {
  const { stdout } = await spyglass('set', 'applications.shop.environment={"GREETING":"hello"}', '--for', '30m', '--reason', 'try')
  expect(stdout).toMatch(/^change \d+ until \S+: reloads shop-1, shop-2$/m)
  await until(async () => !(await spyglass('diff')).stdout.includes('not in force yet'))
  expect((await spyglass('history', '--limit', '1')).stdout).toContain('because try')
  expect((await spyglass('set', 'applications.shop.replicas=0')).code).toBe(6)
})

test('limits of a pool change in running instances, which are not replaced', async () => {
  const shown = async (name: string): Promise<string> => (await spyglass('get', name)).stdout
  expect((await spyglass('create', 'datasources.db', 'file=db.sqlite')).code).toBe(0)
  expect((await spyglass('set', 'applications.shop.datasources=db')).code).toBe(0)
  await until(async () => (await shown('datasource.shop-1.db.maxConnections')) === 'datasource.shop-1.db.maxConnections=8\n')
  await until(async () => !(await spyglass('diff')).stdout.includes('not in force yet'))
  const pid = await shown('instance.shop-1.pid')
  expect((await spyglass('set', 'datasources.db.max=3')).code).toBe(0)
  await until(async () => (await shown('datasource.shop-1.db.maxConnections')) === 'datasource.shop-1.db.maxConnections=3\n')
  expect(await shown('instance.shop-1.pid')).toBe(pid)
})

test('the decider may be killed: requests are served, and it knows every change', async () => {
  const before = await spyglass('history', '--json')
  const end = load(4)
  process.kill(deciderPid(), 'SIGKILL')
  const after = await until(async () => {
    const asked = await spyglass('history', '--json')
    return asked.code === 0 && asked
  })
  expect(after.stdout).toBe(before.stdout)
  expect((await spyglass('deploy', program('v3'))).code).toBe(0)
  expect(await answer()).toBe('v3')
  expect((await end()).failed).toBe(0)
})

test('a token opens the management port for its role until it is revoked', async () => {
  const reload = async (token: string): Promise<number> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    return (await fetch(`${suite.urls.management}/api/v1/reload`, { method: 'POST', headers, body: '{"instance":"shop"}' })).status
  }
  const [viewer, operator] = await Promise.all(
    ['viewer', 'operator'].map(async (role) => (await spyglass('token', 'create', role, '--role', role, '--for', '1h')).stdout.trim()),
  )
  expect(await reload(viewer ?? '')).toBe(403)
  expect(await reload(operator ?? '')).toBe(200)
  await spyglass('token', 'revoke', operator?.split('_')[1] ?? '')
  await until(async () => (await reload(operator ?? '')) === 401)
})

test('a batch runs over one connection up to the first line that fails', async () => {
  const file = join(folder, 'batch.spy')
  writeFileSync(file, "# a comment\nget applications.shop.replicas\nget 'no such name'\nget applications.shop.name\n")
  const { code, stdout, stderr } = await spyglass('shell', file)
  expect([code, stdout, stderr]).toEqual([4, 'applications.shop.replicas=2\n', expect.stringContaining('line 3: ')])
  expect((await spyglass('shell', file, '--keep-going')).stdout).toContain('applications.shop.name=shop')
})

test('what is put into the auto-deploy folder runs, and what is removed from it does not', async () => {
  await spyglass('undeploy', 'shop')
  program('v9')
  renameSync(join(folder, 'shop'), join(inbox, 'basket'))
  await until(async () => (await answer('/basket')) === 'v9')
  writeFileSync(join(inbox, 'basket/index.js'), "throw new Error('broken on purpose')")
  await until(() => existsSync(join(inbox, 'basket.failed')))
  expect(readFileSync(join(inbox, 'basket.failed'), 'utf8')).toContain('broken on purpose')
  expect(await answer('/basket')).toBe('v9')
  rmSync(join(inbox, 'basket'), { recursive: true })
  await until(async () => !(await spyglass('list')).stdout.includes('applications.basket'))
  await until(() => !existsSync(join(inbox, 'basket.failed')))
})
