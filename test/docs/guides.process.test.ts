import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ResourceKind } from '@spyglass/agent/contract'
import { createRegistry } from '@spyglass/agent/registry'
import { lintBoard, renderingsOf } from '@spyglass/dashboards'
import { prometheusText } from '@spyglass/mbeans/prometheus'
import { mibTables } from '@spyglass/snmp-bridge'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { Board } from '../../dashboards/src/board/board.ts'
import { type ContractDatabase, openContractDatabase } from '../support/contract-database.ts'
import { expandMacros } from '../../dashboards/src/sql/expand-macros.ts'
import { startOtlpSink } from '../support/otlp-sink.ts'
import { until } from '../support/until.ts'
import { openRuleWorld, resource, ruleOf } from '../collector/alert/rule-world.ts'
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

test('the guide for an alert rule fires where many files are open and not where few are, and is in every engine', async () => {
  const folder = follow('alert-rule.md', ['dashboards/rules'])
  const rule = ruleOf(readFileSync(join(folder, 'dashboards/rules/descriptors-high.yaml'), 'utf8'))
  await using world = await openRuleWorld()
  const scene = (openFileDescriptors: number) => ({ resources: [resource('nodeProcess', { process: 'shop-1' }, { openFileDescriptors })] })
  const [many, few] = await world.findings(rule, [scene(5001), scene(5000)])
  expect([many?.map(({ summary }) => summary), few]).toEqual([['shop-1 has many open files: 5001'], []])
  const { grafana, prometheus } = renderingsOf(rule)
  expect(prometheus).toEqual({ rule: { expr: 'spyglass_node_process_open_file_descriptors > 5000', for: '300s' } })
  if ('cannot' in grafana) throw new Error(grafana.cannot)
  expect(() =>
    database.query(expandMacros(grafana.rule.rawSql, { fromMs: 0, toMs: Date.now(), intervalSeconds: 60, variables: {} })),
  ).not.toThrow()
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
