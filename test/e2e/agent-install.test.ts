/** `npm install @spyglass/agent` as a user does it, with the packed file and without a registry. */
import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { compileDoors } from '../support/compile-doors.ts'
import { startOtlpSink } from '../support/otlp-sink.ts'
import { ROOT } from '../support/sources.ts'
import { collect } from '../support/suite.ts'
import { until } from '../support/until.ts'

const MIB = 1024 * 1024
const execute = promisify(execFile)
let folder: string
let agent: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'spyglass-install-'))
  agent = await pack(join(ROOT, 'agent'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('it is one package of less than 1 MiB', async () => {
  const project = await projectWith(agent)
  expect(readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['@spyglass'])
  expect(readdirSync(join(project, 'node_modules/@spyglass'))).toEqual(['agent'])
  expect(sizeOf(join(project, 'node_modules'))).toBeLessThan(MIB)
})

test('it works in an application without OpenTelemetry', async () => {
  const project = await projectWith(agent)
  const sink = await startOtlpSink()
  onTestFinished(() => sink.stop())
  writeFileSync(
    join(project, 'app.mjs'),
    `import http from 'node:http'
     const server = http.createServer((request, response) => setTimeout(() => response.end('slow'), 60))
     server.listen(0, async () => {
       console.log(await (await fetch('http://127.0.0.1:' + server.address().port + '/cart')).text())
       server.closeAllConnections()
       server.close()
     })`,
  )
  const env = { PATH: process.env['PATH'], OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint, SPYGLASS_SLOW_REQUEST_MS: '50' }
  const child = spawn(process.execPath, ['--import', '@spyglass/agent/register', 'app.mjs'], { cwd: project, env })
  expect(await collect(child)).toMatchObject({ code: 0, stdout: 'slow\n', stderr: '' })
  expect(await until(() => sink.spans[0])).toMatchObject({ name: 'GET /cart', attributes: { 'url.path': '/cart' } })
})

test('its types need no OpenTelemetry, with the declarations checked too', async () => {
  const project = await projectWith(agent)
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'agent/package.json'), 'utf8')) as { exports: object }
  const doors = Object.keys(exports).filter((door) => door !== './sdk-node')
  const { code, output } = await compileDoors(
    project,
    doors.map((door) => join('@spyglass/agent', door)),
  )
  expect([code, output]).toEqual([0, ''])
})

// Manifests as these versions have them: npm resolves by nothing else.
const older = {
  'API 1.0': [{ name: '@opentelemetry/api', version: '1.0.0' }],
  'API 1.4 and sdk-node 0.41': [
    { name: '@opentelemetry/api', version: '1.4.1' },
    { name: '@opentelemetry/sdk-node', version: '0.41.2', peerDependencies: { '@opentelemetry/api': '>=1.3.0 <1.5.0' } },
  ],
  'a release candidate of the API': [{ name: '@opentelemetry/api', version: '2.0.0-rc.1' }],
  'Fastify 4': [{ name: 'fastify', version: '4.28.1' }],
}

test.each(Object.entries(older))('an application with %s keeps its versions', async (_, manifests) => {
  const theirs = await Promise.all(manifests.map((manifest) => packManifest(manifest)))
  const project = await projectWith(...theirs)
  await npm(project, 'install', agent)
  for (const { name, version } of manifests) {
    expect((await npm(project, 'ls', name, '--depth=0')).stdout).toContain(`${name}@${version}`)
  }
  expect((await npm(project, 'ls')).stdout).toContain('@spyglass/agent@')
})

async function projectWith(...packages: readonly string[]): Promise<string> {
  const project = mkdtempSync(join(folder, 'project-'))
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'orders', version: '1.0.0' }))
  await npm(project, 'install', ...packages)
  return project
}

function npm(cwd: string, ...args: readonly string[]): Promise<{ stdout: string }> {
  return execute('npm', [...args, '--offline', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd })
}

async function packManifest(manifest: { readonly name: string; readonly version: string }): Promise<string> {
  const source = mkdtempSync(join(folder, 'package-'))
  writeFileSync(join(source, 'package.json'), JSON.stringify(manifest))
  return pack(source)
}

async function pack(source: string): Promise<string> {
  const { stdout } = await execute('npm', ['pack', '--json', '--pack-destination', folder], { cwd: source })
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf('['))) as { filename: string }[]
  return join(folder, packed?.filename ?? '')
}

function sizeOf(path: string): number {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
}
