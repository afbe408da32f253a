import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bucketIndex, type ResourceKind } from '@spyglass/agent/contract'
import { createRegistry } from '@spyglass/agent/registry'
import { apiSql, lintBoard } from '@spyglass/dashboards'
import { prometheusText } from '@spyglass/mbeans/prometheus'
import { mibTables } from '@spyglass/snmp-bridge'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { RollupRule } from '../../collector/src/alert/rollup-rule.ts'
import type { Board } from '../../dashboards/src/board/board.ts'
import { type ContractDatabase, openContractDatabase } from '../support/contract-database.ts'
import { expandMacros } from '../support/grafana-macros.ts'
import { startOtlpSink } from '../support/otlp-sink.ts'
import { until } from '../support/until.ts'
import { blocksOf, follow } from './guide.ts'

let database: ContractDatabase
beforeAll(() => {
  database = openContractDatabase()
})
afterAll(() => database?.close())

const load = <T>(folder: string, file: string): Promise<T> => import(pathToFileURL(join(folder, file)).href) as Promise<T>

test('the guide for a resource kind gives a metric and an SNMP table', async () => {
  const folder = follow('resource-kind.md', ['agent/mbeans/src/kinds'])
  const { kinds } = await load<{ kinds: Record<string, ResourceKind> }>(folder, 'agent/mbeans/src/kinds/kinds.ts')
  const registry = createRegistry({ kindNamed: (name) => kinds[name] })
  const code = blocksOf('resource-kind.md').find(({ about }) => about === 'register')!.text
  writeFileSync(join(folder, 'register.mjs'), `export function register(registry, kinds) {\n${code}}\n`)
  const { register } = await load<{ register: (...given: unknown[]) => void }>(folder, 'register.mjs')
  register(registry, kinds)
  expect(await prometheusText(registry)).toMatch(/^spyglass_thread_pool_size\{.*\} \d+$/m)
  expect(registry.find('nodejs:type=ThreadPool,process=http-1')?.read('size')).toBe(Number(process.env['UV_THREADPOOL_SIZE'] ?? 4))
  const [table] = mibTables([kinds['threadPool']!])
  expect(table).toMatchObject({ prefix: 'sgThreadPool', columns: [{ descriptor: 'sgThreadPoolProcess' }, { units: 'threads' }] })
})

test('the guide for an instrumentation records the statements of the library with the line of the application', async () => {
  const folder = follow('instrumentation.md', ['agent/src'])
  const library = join(folder, 'node_modules/tiny-db')
  mkdirSync(library, { recursive: true })
  writeFileSync(join(library, 'package.json'), '{ "name": "tiny-db", "version": "1.2.3", "main": "index.js" }')
  writeFileSync(join(library, 'index.js'), 'exports.Client = class { async query(text) { return text.length } }\n')
  writeFileSync(join(folder, 'app.mjs'), APPLICATION)
  const sink = await startOtlpSink()
  onTestFinished(() => sink.stop())
  const child = spawn(process.execPath, ['--import', pathToFileURL(join(folder, 'agent/src/register.ts')).href, 'app.mjs'], {
    cwd: folder,
    env: { PATH: process.env['PATH'], OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint, SPYGLASS_SLOW_REQUEST_MS: '0.001' },
    stdio: 'ignore',
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const span = await until(() => sink.spans.find(({ attributes }) => attributes['db.client.connection.pool.name'] === 'tiny'))
  expect(span.attributes).toMatchObject({ 'db.query.text': 'SELECT ?', 'db.system.name': 'other_sql', 'code.line.number': 4 })
})

const APPLICATION = `import http from 'node:http'
import { Client } from 'tiny-db'
const client = new Client()
const server = http.createServer(async (request, response) => response.end(String(await client.query('SELECT 42'))))
server.listen(0, '127.0.0.1', () => setInterval(() => fetch('http://127.0.0.1:' + server.address().port), 100))
`

test('the guide for an alert rule fires on a slow service and not on a quick one', async () => {
  const folder = follow('alert-rule.md', ['collector/src'])
  const { latencyHigh } = await load<{ latencyHigh: RollupRule }>(folder, 'collector/src/alert/rules/latency-high.ts')
  const minute = Math.floor(Date.now() / 60_000) * 60
  const row = (service: string, ms: number): string =>
    `(${minute - 60}, '${service}', 'i', 'GET /', 'Server', 'Unset', 'b', 200, 0, ${200 * ms * 1e6}, ${ms * 1e6}, map(${bucketIndex(ms / 1000)}, 200))`
  database.run(
    `INSERT INTO red_1m (Minute, ServiceName, Instance, SpanName, SpanKind, StatusCode, Batch, Requests, Errors, DurationSum, DurationMax, Buckets)
     VALUES ${row('slow', 3000)}, ${row('quick', 20)}`,
  )
  const query = {
    rows: async (name: Parameters<typeof apiSql>[0], { parameters }: { parameters: Record<string, string | number> }) =>
      database.query(apiSql(name), parameters),
    stop: async () => {},
  }
  const findings = await latencyHigh.evaluate(query, Date.now())
  expect(findings).toMatchObject([{ resource: 'spyglass:type=Service,name=slow' }])
  expect(findings[0]!.summary).toMatch(/^95 % of the requests of slow take up to (29|30)\d\d ms$/)
})

test('the guide for a panel gives a board that passes the lint, with SQL that runs', async () => {
  const folder = follow('panel.md', ['dashboards'])
  const { renderBoard } = await load<{ renderBoard: (name: string, options: object) => Board }>(
    folder,
    'dashboards/src/board/render-board.ts',
  )
  const board = renderBoard('slow-requests', { database: 'spyglass' })
  expect(lintBoard(board)).toEqual([])
  const panel = board.panels.find(({ title }) => title === 'Longest request')!
  const variables = { service: [], instance: [] }
  const sql = expandMacros(panel.targets[0]!.rawSql, { fromMs: Date.now() - 3_600_000, toMs: Date.now(), intervalSeconds: 60, variables })
  expect(database.query(sql)).toEqual([])
})
