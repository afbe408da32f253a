import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, afterAll, expect, onTestFinished, test } from 'vitest'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { parse } from 'yaml'
import { everyRawSql } from '@spyglass/dashboards'
import { command, consoleApi, sql } from '../support/clients.ts'
import { expandMacros } from '../../dashboards/src/sql/expand-macros.ts'
import { freePort } from '../support/free-port.ts'
import { metricProblems } from '../support/promtool.ts'
import { requireTool } from '../support/require-tool.ts'
import { collect, repository, startSuite, type Suite } from '../support/suite.ts'
import { until } from '../support/until.ts'

let suite: Suite
let receiverPort = 0
const folder = mkdtempSync(join(tmpdir(), 'spyglass-first-use-'))

/** What the tutorial writes into spyglass.yaml, with a port of our own. */
function receiverBlock(): string {
  const page = readFileSync(join(repository, 'docs/tutorial.md'), 'utf8')
  const [, block = ''] = /^```yaml\n([^]*?)^```$/m.exec(page) ?? []
  return block.replace('127.0.0.1:9000', `127.0.0.1:${receiverPort}`)
}

beforeAll(async () => {
  receiverPort = await freePort()
  suite = await startSuite(folder, parse(receiverBlock()) as Record<string, unknown>, ['--demo'])
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

interface SlowRequest {
  readonly traceId: string
  readonly route: string
  readonly location: string
  readonly durationMs: number
}

const lineOf = (what: string): string => {
  const line = suite
    .output()
    .split('\n')
    .find((text) => text.trimStart().startsWith(what))
  return line?.trim().slice(what.length).trim() ?? ''
}

test('the block names console, SNMP, Jolokia, Grafana folder, data folder and how to stop', () => {
  for (const what of ['application', 'console', 'SNMP', 'Jolokia', 'Grafana', 'data', 'stop']) expect(lineOf(what)).not.toBe('')
  expect(statSync(join(suite.data, 'secrets.yaml')).mode & 0o777).toBe(0o600)
})

test('the application answers under its context path', async () => {
  const response = await fetch(`${suite.urls.app}/shop/products`)
  expect(response.status).toBe(200)
})

test('the snmpwalk line of the block works as pasted, by names', async () => {
  const [name = '', ...args] = lineOf('SNMP').split(/\s+/)
  const walk = await until(async () => {
    const text = await command(name, args)
    return /SPYGLASS-MIB::sgDatasourceActiveConnections/.test(text) && /sgInstanceState\.\d+ = INTEGER: ready\(2\)/.test(text) && text
  })
  expect(walk).toContain('SPYGLASS-MIB::sgAgentVersion.0')
})

test('SNMPv3 authPriv works with the passwords of secrets.yaml, and v2c with another community does not', async () => {
  const { user, authPassword, privPassword } = suite.secrets.snmp
  const target = `${suite.config.snmp.host}:${suite.config.snmp.port}`
  const v3 = ['-v3', '-l', 'authPriv', '-u', user, '-a', 'SHA-256', '-A', authPassword, '-x', 'AES', '-X', privPassword]
  expect(await command('snmpwalk', [...v3, target, '1.3.6.1.2.1.1'])).toContain('Spyglass')
  await expect(command('snmpget', ['-v2c', '-c', 'private', '-t', '0.5', '-r', '0', target, '1.3.6.1.2.1.1.1.0'])).rejects.toThrow()
})

test('Jolokia reads java.lang:type=Memory as Java answers it', async () => {
  const url = lineOf('Jolokia')
  const { status, value } = (await (await fetch(url)).json()) as { status: number; value: { HeapMemoryUsage: { used: number } } }
  expect(status).toBe(200)
  expect(value.HeapMemoryUsage.used).toBeGreaterThan(1_000_000)
})

test('Prometheus reads the metrics, and its checker finds nothing wrong with them', async (context) => {
  const text = await (await fetch(`${suite.urls.management}/metrics`)).text()
  expect(metricProblems(context, text)).toBe('')
  expect(text).toMatch(/^spyglass_datasource_max_connections\{.*name="shop".*\} 4$/m)
})

test('ClickHouse answers the reader, refuses everyone else, and reads no files', async () => {
  await until(async () => Number((await sql(suite, 'SELECT count() AS n FROM spyglass.otel_traces'))[0]?.['n']) > 0)
  const anonymous = await fetch(`${suite.urls.store}/?query=${encodeURIComponent('SELECT count() FROM spyglass.otel_traces')}`)
  expect([401, 403]).toContain(anonymous.status)
  await expect(sql(suite, "SELECT file('/etc/hostname')")).rejects.toThrow(/^403/)
})

test('a slow request is shown with its SQL and the file and line of the application', async () => {
  await fetch(`${suite.urls.app}/shop/report`)
  const slow = await until(async () => {
    const { rows } = await consoleApi<{ rows: SlowRequest[] }>(suite, 'slow-requests')
    return rows.find(({ route, location }) => route.includes('/shop/report') && location !== '')
  })
  expect(slow.location).toMatch(/shop.*\.ts:\d+$/)
  const { spans } = await consoleApi<{ spans: Record<string, unknown>[] }>(suite, `trace/${slow.traceId}`)
  expect(JSON.stringify(spans)).toMatch(/db\.query\.text/)
})

test('access log and server log are in otel_logs, the access log with trace ids', async () => {
  const rows = await until(async () => {
    const found = await sql(
      suite,
      "SELECT TraceId, LogAttributes['http.route'] AS route FROM spyglass.otel_logs WHERE LogAttributes['log.file.path'] LIKE '%access%' AND TraceId != '' LIMIT 5",
    )
    return found.length > 0 && found
  })
  expect(rows[0]?.['TraceId']).toMatch(/^[0-9a-f]{32}$/)
  const server = await sql(suite, "SELECT count() AS n FROM spyglass.otel_logs WHERE LogAttributes['log.file.path'] LIKE '%server.log'")
  expect(Number(server[0]?.['n'])).toBeGreaterThan(0)
})

test('the Grafana folder holds boards, data source and rules', () => {
  const grafana = join(suite.data, 'grafana')
  expect(existsSync(grafana)).toBe(true)
  const log = readFileSync(join(suite.data, 'logs/server.log'), 'utf8')
  expect(log).toContain('keeper started')
})

test('every query of the boards and rules runs on the data that the agent produced', async () => {
  const now = Date.now()
  const variables = { service: [], instance: [], pool: [], search: '', traceId: 't1' }
  const failures: string[] = []
  for (const { place, rawSql } of everyRawSql()) {
    const statement = expandMacros(rawSql, { fromMs: now - 900_000, toMs: now + 60_000, intervalSeconds: 60, variables })
    await sql(suite, statement).catch((error: unknown) => failures.push(`${place}: ${String(error)}`))
  }
  expect(failures).toEqual([])
})

test('list, get and status show what the server is', async () => {
  const list = await suite.run('list', 'datasource.*')
  expect(list.stdout.trim()).toBe('datasource.shop-1.shop')
  const get = await suite.run('get', 'instance.shop-1.state', 'datasource.*.maxConnections')
  expect(get.stdout.trim().split('\n')).toEqual(['instance.shop-1.state=ready', 'datasource.shop-1.shop.maxConnections=4'])
  const status = await suite.run('status')
  expect(status.stdout).toContain('instance shop-1  ready')
  const unknown = await suite.run('get', 'nothing.here')
  expect(unknown).toMatchObject({ code: 4, stderr: expect.stringContaining('SPY_NAME_UNKNOWN') })
})

test('health and readiness answer on each HTTP port', async () => {
  const { app, management, store, otlp, console: page } = suite.urls
  for (const url of [app, management, store, otlp, page]) {
    expect([url, (await fetch(`${url}/health`)).status]).toEqual([url, 200])
    expect([url, (await fetch(`${url}/ready`)).status]).toEqual([url, 200])
  }
})

test('the MIB on which smilint prints nothing comes from the command line', async () => {
  const { code, stdout } = await suite.run('mib')
  expect(code).toBe(0)
  expect(stdout).toContain('SPYGLASS-MIB DEFINITIONS ::= BEGIN')
})

/** A folder like the checkout of the tutorial: with the data folder in it, and `npx` and `npm` that find our command line. */
function checkout(name = 'checkout'): { readonly cwd: string; readonly path: string } {
  const cwd = join(folder, name)
  const bin = join(cwd, 'bin')
  mkdirSync(bin, { recursive: true })
  symlinkSync(suite.data, join(cwd, 'spyglass-data'))
  const call = `exec '${process.execPath}' '${join(repository, 'runtime/bin/spyglass.js')}' "$@"`
  for (const [name, skip] of [
    ['npx', 'shift'],
    ['npm', 'while [ "$1" != -- ]; do shift; done; shift'],
  ] as const) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${skip}\n${call}\n`)
    chmodSync(join(bin, name), 0o755)
  }
  return { cwd, path: `${bin}:${process.env['PATH']}` }
}

test('the commands of the tutorial do what it says', async (context) => {
  requireTool(context, 'curl')
  const page = readFileSync(join(repository, 'docs/tutorial.md'), 'utf8')
  const offset = suite.config.listeners[0]!.port - 8080
  const blocks = [...page.matchAll(/^```\n([^]*?)^```$/gm)].map(([, block = '']) =>
    block
      .replaceAll(/127\.0\.0\.1:(\d+)/g, (_, port: string) => `127.0.0.1:${Number(port) + offset}`)
      .replace('PASSWORD', suite.secrets.clickhouse.reader.password),
  )
  const { cwd, path } = checkout()
  const block = async (start: string): Promise<{ code: number; stdout: string; stderr: string }> => {
    const text = blocks.find((one) => one.startsWith(start))
    expect(text, start).toBeDefined()
    return collect(spawn('bash', ['-c', text!], { cwd, env: { ...process.env, PATH: path }, stdio: ['ignore', 'pipe', 'pipe'] }))
  }
  const state = async (name: string): Promise<string> => (await suite.run('get', name)).stdout.trim().split('=')[1] ?? ''

  expect((await block('grep')).stdout).toContain(`password: ${suite.secrets.console.password}`)

  const pid = await state('instance.shop-1.pid')
  await block("curl 'http://127.0.0.1:" + String(8080 + offset) + "/shop/leak?count=4'")
  await until(async () => (await state('datasource.shop-1.shop.state')) === 'exhausted')
  const { pools } = await consoleApi<{ pools: { borrowers: { route: string; location: string }[] }[] }>(suite, 'pools')
  expect(pools[0]?.borrowers).toHaveLength(4)
  expect(pools[0]?.borrowers[0]).toMatchObject({
    route: expect.stringContaining('/leak') as string,
    location: expect.stringMatching(/:\d+$/) as string,
  })
  await block("curl 'http://127.0.0.1:" + String(8080 + offset) + "/shop/leak/return'")
  await until(async () => (await state('datasource.shop-1.shop.state')) !== 'exhausted')

  expect((await block('kill')).code).toBe(0)
  await until(async () => (await state('instance.shop-1.state')) === 'ready' && (await state('instance.shop-1.pid')) !== pid)

  expect(await block('mkdir greeter')).toMatchObject({ code: 0, stdout: expect.stringMatching(/version one\n$/) as string })
  expect(await block("sed -i 's/version one")).toMatchObject({ code: 0, stdout: expect.stringMatching(/version two\n$/) as string })
  const broken = await block("echo 'throw")
  expect([broken.stderr, broken.stdout]).toEqual([expect.stringContaining('out of coffee'), expect.stringMatching(/version two\n$/)])
  const back = await block('npx spyglass versions')
  expect(back.stdout).toMatch(/\* ?2[^]*version one\n[^]*version two is cold/)
  expect(await block('npx spyglass undeploy')).toMatchObject({ code: 0, stderr: '' })
  expect((await suite.run('list', 'listeners.*')).stdout).not.toContain('http-8081')

  const rates = await until(async () => {
    const { stdout } = await block('curl -u')
    return stdout.includes('/shop/') && stdout
  })
  expect(rates).toMatch(/^GET \/shop\S*\t\d+$/m)
})

test('the tutorial ends with a page: it comes to the terminal with who holds the connections, and its end', async (context) => {
  requireTool(context, 'curl')
  const page = readFileSync(join(repository, 'docs/tutorial.md'), 'utf8')
  const [, program = ''] = /^```\n(cat > receiver\.mjs[^]*?)^```$/m.exec(page) ?? []
  const { cwd, path } = checkout('paged')
  const shell = program.replace('listen(9000,', `listen(${receiverPort},`).replace(/^node /m, `exec '${process.execPath}' `)
  const receiver = spawn('bash', ['-c', shell], {
    cwd,
    env: { ...process.env, NODE_OPTIONS: '', PATH: path },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void receiver.kill())
  let text = ''
  receiver.stdout.on('data', (chunk) => (text += chunk))
  await until(async () => (await suite.run('invoke', 'receiver.me', 'test')).code === 0)
  expect(text).toContain('test: This is a test by')
  await fetch(`${suite.urls.app}/shop/leak?count=4`)
  const exhausted =
    /^firing: Pool shop of shop-1 is exhausted.*\n(?: {2}\S+ at \S+:\d+\n)+ {2}\S+#\/incident\/[0-9a-f]{16}\n {2}\S+\/runbooks\/pool-exhausted\n/m
  await until(() => exhausted.test(text))
  await fetch(`${suite.urls.app}/shop/leak/return`)
  await until(() => /^resolved: Pool shop of shop-1 recovered after/m.test(text.slice(text.search(exhausted))))
})
