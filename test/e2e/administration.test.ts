import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { packTar } from 'modern-tar'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { spawn } from 'node:child_process'
import { processStat } from '../../runtime/src/holder/process-stat.ts'
import { underLoad } from '../support/request-load.ts'
import { requireTool } from '../support/require-tool.ts'
import { consoleApi } from '../support/clients.ts'
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

const traffic = (action: () => Promise<void>) => underLoad(suite.urls.app, /^200 v\d+$/, action)

/** The child of the holder that decides. */
function deciderPid(): number {
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && processStat(Number(name))?.parent === suite.keeper.pid)
  return Number(children.find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('decider-main')))
}

test('versions are deployed, a broken one refused, and an old one rolled back to, without losing a request', async () => {
  expect(await spyglass('deploy', program('v1'), '--path', '/')).toMatchObject({ code: 0, stdout: 'deployed version 1 of shop\n' })
  expect(await answer()).toBe('v1')
  const { good, failures } = await traffic(async () => {
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
  })
  expect(good).toBeGreaterThan(50)
  expect(failures).toEqual([])
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

test('a database that cannot be reached is reported; one that is required fails the change, and what runs goes on', async () => {
  const settled = () => until(async () => !(await spyglass('diff')).stdout.includes('not in force yet'))
  expect((await spyglass('create', 'datasources.till', 'file=/dev/null/till.db', 'required=true')).code).toBe(0)
  const { good, failures } = await traffic(async () => {
    expect((await spyglass('set', 'applications.shop.datasources=till')).code).toBe(0)
    await until(async () => (await spyglass('history', '--limit', '1')).stdout.includes('datasource till is required'))
    expect((await spyglass('set', 'datasources.till.required=false')).code).toBe(0)
    await settled()
    await until(async () => (await spyglass('get', 'datasource.shop-1.till.state')).stdout === 'datasource.shop-1.till.state=down\n')
  })
  expect(good).toBeGreaterThan(0)
  expect(failures).toEqual([])
  expect((await spyglass('set', 'applications.shop.datasources=db')).code).toBe(0)
  await settled()
  expect((await spyglass('delete', 'datasources.till')).code).toBe(0)
})

test('the decider may be killed: requests are served, and it knows every change', async () => {
  const before = await spyglass('history', '--json')
  const { failures } = await traffic(async () => {
    process.kill(deciderPid(), 'SIGKILL')
    const after = await until(async () => {
      const asked = await spyglass('history', '--json')
      return asked.code === 0 && asked
    })
    expect(after.stdout).toBe(before.stdout)
    expect((await spyglass('deploy', program('v3'))).code).toBe(0)
    expect(await answer()).toBe('v3')
  })
  expect(failures).toEqual([])
})

test('a token opens the management port for its role until it is revoked', async () => {
  const reload = async (token: string): Promise<number> => {
    const headers = { authorization: `Bearer ${token}` }
    return (await fetch(`${suite.urls.management}/api/v1/applications/shop/reload`, { method: 'POST', headers })).status
  }
  const [viewer, operator] = await Promise.all(
    ['viewer', 'operator'].map(async (role) => (await spyglass('token', 'create', role, '--role', role, '--for', '1h')).stdout.trim()),
  )
  expect(await reload(viewer ?? '')).toBe(403)
  expect(await reload(operator ?? '')).toBe(200)
  await spyglass('token', 'revoke', operator?.split('_')[1] ?? '')
  await until(async () => (await reload(operator ?? '')) === 401)
})

test('the commands of the guide to the API do what it says', async (context) => {
  requireTool(context, 'curl')
  const archive = join(folder, 'shop.tgz')
  const text = "import http from 'node:http'\nhttp.createServer((request, response) => response.end('v4')).listen(3000)\n"
  const manifest = '{"name":"shop","type":"module","main":"index.js"}'
  const entries = Object.entries({ 'package.json': manifest, 'index.js': text })
  writeFileSync(archive, gzipSync(await packTar(entries.map(([name, body]) => ({ header: { name, size: body.length }, body })))))
  const page = readFileSync(join(repository, 'docs/how-to/administer-by-api.md'), 'utf8')
  const commands = [...page.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block = '']) => block)
  expect(commands).toHaveLength(5)
  const script = commands
    .join('\n')
    .replaceAll('http://127.0.0.1:8778', suite.urls.management)
    .replace('spyglass token', `'${process.execPath}' '${join(repository, 'runtime/bin/spyglass.js')}' token`)
    .replace(' --for 30d', ` --for 30d --data '${suite.data}'`)
  const child = spawn('bash', ['-euo', 'pipefail', '-c', script], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const { code, stdout, stderr } = await collect(child)
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(/"result":"deployed version \d+ of shop"/)
  expect(JSON.parse(readFileSync(join(folder, 'openapi.json'), 'utf8'))).toMatchObject({ openapi: '3.1.0' })
  expect(stdout).toMatch(/"verb":"invoke","names":\["applications.shop.rollback"\].*"reason":"basket"/)
  expect(await answer()).toBe('v3')
})

test('everybody who may read follows logs over HTTP, as on the command line', async () => {
  const { stdout } = await spyglass('token', 'create', 'reader', '--role', 'viewer', '--for', '1h')
  const headers = { authorization: `Bearer ${stdout.trim()}` }
  const stop = new AbortController()
  const { status, body } = await fetch(`${suite.urls.management}/api/v1/resources/instance/shop-1/logs?follow=true&lines=1`, {
    headers,
    signal: stop.signal,
  })
  expect(status).toBe(200)
  let received = ''
  const read = (async () => {
    for await (const piece of body!.pipeThrough(new TextDecoderStream())) received += piece
  })().catch(() => {})
  await spyglass('reload', 'shop')
  await until(() => received.split('\n').filter((line) => line.includes('application started')).length >= 1)
  expect(
    received
      .split('\n')
      .filter(Boolean)
      .map((line) => (JSON.parse(JSON.parse(line) as string) as { process: string }).process),
  ).toContain('shop-1')
  stop.abort()
  await read
  const { stdout: printed } = await spyglass('logs', 'shop-1', '-n', '1000')
  expect(printed).toContain('application started')
})

test('a profile of an instance is taken on command, by HTTP as well, one at a time, and is in the store', async () => {
  const { user, password } = suite.secrets.console
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  const ask = async () => {
    const headers = { authorization, 'content-type': 'application/json' }
    const url = `${suite.urls.management}/api/v1/resources/instance/shop-1/profile`
    const response = await fetch(url, { method: 'POST', headers, body: '{"seconds":5}' })
    return `${response.status} ${await response.text()}`
  }
  const [taken, refused] = (await Promise.all([ask(), ask()])).toSorted()
  expect(taken).toMatch(/^200 .*on the processor of/)
  expect(refused).toMatch(/^409 .*SPY_PROFILE_RUNNING/)
  const { code, stdout } = await spyglass('invoke', 'instance.shop-1', 'profile', '--seconds', '1')
  const told = /^\d+\.\d s on the processor of \d+\.\d s, by node:inspector: http\S+#\/trace\/[\da-f]{32}\n$/
  expect([code, stdout]).toEqual([0, expect.stringMatching(told)])
  const traceId = stdout.trim().slice(-32)
  const logs = await until(async () => {
    const found = await consoleApi<{ logs: { attributes: Record<string, string> }[] }>(suite, `trace/${traceId}`)
    return found.logs.length > 0 && found.logs
  })
  expect(logs).toMatchObject([{ attributes: { 'spyglass.profile.kind': 'cpu' } }])
})

test('a batch runs over one connection up to the first line that fails', async () => {
  const file = join(folder, 'batch.spy')
  writeFileSync(file, "# a comment\nget applications.shop.replicas\nget 'no such name'\nget applications.shop.name\n")
  const { code, stdout, stderr } = await spyglass('shell', file)
  expect([code, stdout, stderr]).toEqual([4, 'applications.shop.replicas=2\n', expect.stringContaining('line 3: ')])
  expect((await spyglass('shell', file, '--keep-going')).stdout).toContain('applications.shop.name=shop')
})

test('a request that hangs is shown and cancelled, with a line in the history, and what is recorded changes while it runs', async () => {
  const app = join(folder, 'hanging')
  mkdirSync(app)
  writeFileSync(
    join(app, 'index.js'),
    "require('http').createServer((request, response) => request.url.includes('hang') || response.end('ok')).listen(3000)",
  )
  expect((await spyglass('deploy', app, '--name', 'hanging', '--path', '/hanging')).code).toBe(0)
  const hangs = fetch(`${suite.urls.app}/hanging/hang`).then(
    ({ status }) => status,
    () => 'cut',
  )
  const running = await until(async () => {
    const { stdout } = await spyglass('invoke', 'instance.hanging-1.runningRequests', '--json')
    const { result } = JSON.parse(stdout) as { readonly result: readonly { readonly id: string; readonly name: string }[] }
    return result.find(({ name }) => name.includes('hang'))
  })
  expect((await spyglass('invoke', 'instance.hanging-1.cancelRequest', 'id=none')).stderr).toContain('no request with the id none')
  expect(await spyglass('invoke', 'instance.hanging-1.cancelRequest', `id=${running.id}`)).toMatchObject({ code: 0 })
  expect(await hangs).toBeOneOf(['cut', 502]) // a router answers in its place
  expect((await spyglass('history')).stdout).toContain(`instance.hanging-1.cancelRequest`)

  const count = async (): Promise<number> => Number(/=(\d+)/.exec((await spyglass('get', 'instance.hanging-1.requests')).stdout)?.[1] ?? 0)
  const pid = async (): Promise<string> => (await spyglass('get', 'instance.hanging-1.pid')).stdout
  const seen = await until(async () => (await count()) || undefined)
  const before = await pid()
  expect(await spyglass('set', 'agent.ignoredPaths=["/hanging/quiet"]')).toMatchObject({ code: 0 })
  await until(async () => {
    const counted = await count()
    for (let turn = 0; turn < 20; turn++) await answer('/hanging/quiet')
    await new Promise((resolve) => setTimeout(resolve, 2000)) // two pushes of the registry
    return counted >= seen && (await count()) === counted
  })
  expect(await pid()).toBe(before)
  await spyglass('undeploy', 'hanging')
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
