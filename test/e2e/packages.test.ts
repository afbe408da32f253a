import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { compileDoors } from '../support/compile-doors.ts'
import { type InstalledPackages, installPackages } from '../support/installed-packages.ts'
import { type OtlpSink, startOtlpSink } from '../support/otlp-sink.ts'
import { packageNameOf, ROOT, workspaces } from '../support/sources.ts'
import { collect, runCli, startSuite } from '../support/suite.ts'
import { until } from '../support/until.ts'

let packages: InstalledPackages
beforeAll(async () => {
  packages = await installPackages()
})
afterAll(() => packages?.[Symbol.dispose]())

/** What lies in a package beside its manifest, README, licence and compiled modules. */
const data = {
  dashboards: /^((templates|sql)\/.+\.hbs|rules\/(recorded\/)?[\w-]+\.yaml|dist\/runbooks\/[\w-]+\.md)$/,
  collector: /^dist\/console\/browser\/[\w-]+\.(html|css|svg)$/,
} as Readonly<Record<string, RegExp>>
const allowed = /^(package\.json|README\.md|LICENSE|bin\/spyglass\.js|dist\/.+(?<!\.test)\.(c?js|js\.map|d\.c?ts))$/

test.each(workspaces)('%s holds its modules, README and licence, and nothing else', (workspace) => {
  const files = packages.filesOf(workspace)
  expect(files.filter((file) => !allowed.test(file) && !data[workspace]?.test(file))).toEqual([])
  expect(files).toEqual(expect.arrayContaining(['package.json', 'README.md', 'LICENSE']))
})

test.each(workspaces.filter((workspace) => workspace !== 'agent'))('%s has source maps with the sources in them', (workspace) => {
  const dist = join(packages.folderOf(workspace), 'dist')
  const maps = packages.filesOf(workspace).filter((file) => file.endsWith('.js.map') && !file.includes('/browser/'))
  const sources = maps.flatMap((file) => {
    const map = JSON.parse(readFileSync(join(dist, '..', file), 'utf8')) as { sources: string[]; sourcesContent: string[] }
    return map.sources.map((source, at): [string, string | undefined] => [
      relative(dirname(dist), resolve(dist, '..', dirname(file), source)),
      map.sourcesContent[at],
    ])
  })
  expect(sources.length).toBeGreaterThan(2)
  for (const [source, content] of sources) expect(content, source).toBe(readFileSync(join(ROOT, workspace, source), 'utf8'))
})

test('agent has no source maps: they would be a third of what every application installs', () => {
  expect(packages.filesOf('agent').filter((file) => file.endsWith('.map'))).toEqual([])
})

test.each(workspaces)('every door of %s is there with its types, and publint has nothing to say', async (workspace) => {
  const folder = packages.folderOf(workspace)
  const { exports, bin = {} } = packages.manifestOf(workspace)
  const targets = Object.values(exports).flatMap(({ types = '', default: module = '' }) => [types, module])
  expect([...targets, ...Object.values(bin)].filter((file) => !existsSync(join(folder, file)))).toEqual([])
  const { messages, pkg } = await publint({ pkgDir: folder, pack: false, strict: true })
  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([])
})

test("a user's TypeScript compiles against every door, with the declarations checked too", async () => {
  const doors = workspaces.flatMap((workspace) =>
    Object.keys(packages.manifestOf(workspace).exports).map((door) => join(packageNameOf(workspace), door)),
  )
  const { code, output } = await compileDoors(packages.project, doors)
  expect([code, output]).toEqual([0, ''])
})

const handler = `(request, response) => setTimeout(() => response.end('slow'), 60)`
const announce = `server.listen(0, '127.0.0.1', () => console.log(server.address().port))`
const applications = {
  'app.mjs': `import http from 'node:http'\nconst server = http.createServer(${handler})\n${announce}\n`,
  'app.cjs': `const http = require('node:http')\nconst server = http.createServer(${handler})\n${announce}\n`,
}

test.each(Object.entries(applications))(
  'node --import @spyglass/agent/register %s sends the trace of a slow request',
  async (name, code) => {
    const sink = await sinkOfTest()
    const child = startNode(name, code, ['--import', '@spyglass/agent/register'], {
      OTEL_SERVICE_NAME: 'orders',
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint,
      SPYGLASS_SLOW_REQUEST_MS: '50',
    })
    await fetch(`http://127.0.0.1:${await firstLine(child)}/cart`)
    const span = await until(() => sink.spans[0])
    expect(span).toMatchObject({ name: 'GET /cart', attributes: { 'spyglass.keep.reason': 'slow', 'url.path': '/cart' } })
    expect(sink.resources[0]).toMatchObject({ 'service.name': 'orders', 'telemetry.sdk.version': packages.manifestOf('agent').version })
  },
)

test('@spyglass/agent/sdk-node starts the stock SDK', async () => {
  const sink = await sinkOfTest()
  const code = `
    import { trace } from '@opentelemetry/api'
    import { startSdkNode } from '@spyglass/agent/sdk-node'
    startSdkNode()
    trace.getTracer('orders').startActiveSpan('nightly', (span) => setTimeout(() => span.end(), 60))
  `
  const child = startNode('sdk.mjs', code, [], { OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint, SPYGLASS_SLOW_REQUEST_MS: '50' })
  const { code: exitCode, stderr } = await collect(child)
  expect([exitCode, stderr]).toEqual([0, ''])
  expect(sink.spans.map(({ name }) => name)).toEqual(['nightly'])
})

test('spyglass --help names the commands', async () => {
  const { code, stdout } = await collect(runCli(['--help'], packages.spyglass))
  expect([code, stdout]).toEqual([0, expect.stringContaining('Usage: spyglass')])
})

test('spyglass mib prints the MIB', async () => {
  const { code, stdout } = await collect(runCli(['mib'], packages.spyglass))
  expect([code, stdout]).toEqual([0, expect.stringContaining('SPYGLASS-MIB DEFINITIONS ::= BEGIN')])
})

test('spyglass dashboards build writes the folder of Grafana', async () => {
  const out = join(packages.project, 'grafana')
  const { code, stderr } = await collect(runCli(['dashboards', 'build', '--out', out], packages.spyglass))
  expect([code, stderr]).toEqual([0, ''])
  const templates = packages.filesOf('dashboards').filter((file) => file.startsWith('templates/boards/'))
  expect(templates.length).toBeGreaterThan(0)
  const boards = templates.map((template) => `spyglass-${basename(template, '.hbs')}`)
  expect(readdirSync(join(out, 'boards')).toSorted()).toEqual(boards.toSorted())
})

test('spyglass up brings an application into service, shows it in the console and stops', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'spyglass-application-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFile(join(folder, 'hello/index.mjs'), `export default () => (request, response) => response.end('hello')\n`)
  const settings = { applications: [{ name: 'hello', folder: join(folder, 'hello'), contextPath: '/hello' }] }
  const suite = await startSuite(folder, settings, [], packages.spyglass)
  onTestFinished(() => suite[Symbol.asyncDispose]())
  expect(await (await fetch(`${suite.urls.app}/hello`)).text()).toBe('hello')
  const script = await fetch(`${suite.urls.console}/assets/main.js`)
  expect([script.status, script.headers.get('content-type')]).toEqual([200, expect.stringContaining('javascript')])
  expect((await suite.run('status')).stdout).toContain('instance hello-1  ready')
  const ended = once(suite.keeper, 'exit')
  suite.keeper.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
})

async function sinkOfTest(): Promise<OtlpSink> {
  const sink = await startOtlpSink()
  onTestFinished(() => sink.stop())
  return sink
}

function startNode(name: string, code: string, args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  writeFile(join(packages.project, name), code)
  const child = packages.node([...args, name], env)
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

function writeFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

async function firstLine(child: ChildProcess): Promise<string> {
  let errors = ''
  child.stderr?.on('data', (piece) => (errors += piece))
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`ended: ${errors}`)))
  const [piece] = (await Promise.race([once(child.stdout!, 'data'), ended])) as [Buffer]
  return piece.toString().trim()
}
