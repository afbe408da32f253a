import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sinkForTest } from '../support/agent-process.ts'
import { type CompiledAgent, compileAgent } from '../support/compiled-agent.ts'
import { type NodeVersion, otherNode } from '../support/node-versions.ts'
import { tempFolder } from '../support/temp-folder.ts'

let agent: CompiledAgent
beforeAll(() => {
  agent = compileAgent()
})
afterAll(() => agent?.[Symbol.dispose]())

interface Run {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

async function run(node: string, args: readonly string[], { cwd = '/', ...env }: Record<string, string> = {}): Promise<Run> {
  const child = spawn(node, args, { cwd, env: { PATH: process.env['PATH'] ?? '', ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (piece: Buffer) => (stdout += piece.toString()))
  child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

const importing = (): string[] => ['--import', pathToFileURL(join(agent.folder, 'register.js')).href]
const requiring = (): string[] => ['--require', join(agent.folder, 'register.cjs')]

/** A program that says whether an agent is there, on channels that every Node has. */
const PROGRAM = `console.log(globalThis[Symbol.for('spyglass.agent')] ? 'recorded' : 'unrecorded'); process.exitCode = 7`

function programIn(folder: string, name: string, text = PROGRAM): string {
  const file = join(folder, name)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  return file
}

test.for<[NodeVersion, string]>([
  ['14.21.3', 'require'],
  ['16.20.2', 'require'],
  ['18.18.0', 'require'],
  ['18.18.0', 'import'],
  ['20.20.2', 'import'],
])('on Node %s an application with --%s runs unrecorded and hears why in one line', async ([version, way], context) => {
  const node = await otherNode(context, version)
  const file = programIn(tempFolder(), 'app.cjs')
  const { code, stdout, stderr } = await run(node, [...(way === 'import' ? importing() : requiring()), file])
  expect([code, stdout]).toEqual([7, 'unrecorded\n'])
  expect(stderr).toMatch(new RegExp(`^SPY_AGENT_NODE: the agent does not support Node ${version.replaceAll('.', '\\.')},.*22\\.15.*\\n$`))
})

test.for<[NodeVersion, string]>([
  ['22.15.0', 'import'],
  ['22.15.0', 'require'],
  ['22.23.3', 'import'],
])('on Node %s an application with --%s is recorded', async ([version, way], context) => {
  const node = await otherNode(context, version)
  const sink = await sinkForTest()
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint, OTEL_SERVICE_NAME: 'old', SPYGLASS_SLOW_REQUEST_MS: '1', SPYGLASS_SPOOL: 'off' }
  const file = programIn(
    tempFolder(),
    'app.mjs',
    `import http from 'node:http'
    const server = http.createServer((request, response) => setTimeout(() => response.end('a'), 20))
    server.listen(0, '127.0.0.1', async () => {
      console.log(await (await fetch('http://127.0.0.1:' + server.address().port + '/x')).text())
      server.closeAllConnections()
      server.close()
    })`,
  )
  expect(await run(node, [...(way === 'import' ? importing() : requiring()), file], env)).toEqual({ code: 0, stdout: 'a\n', stderr: '' })
  expect(sink.spans.filter(({ kind }) => kind === 2)).toMatchObject([{ name: 'GET /x', attributes: { 'url.path': '/x' } }])
  expect(sink.resources[0]).toMatchObject({ 'service.name': 'old', 'process.runtime.version': version })
})

const tools = [
  'node_modules/typescript/bin/tsc',
  'node_modules/.pnpm/vitest@5.0.0/node_modules/vitest/vitest.mjs',
  'node_modules/@nestjs/cli/bin/nest.js',
  'usr/share/nodejs/npm/bin/npm-cli.js',
  '.yarn/releases/yarn-4.9.1.cjs',
  'corepack/v1/pnpm/10.0.0/bin/pnpm.cjs',
]

test.each(tools)('under NODE_OPTIONS the tool %s and its threads are left alone, also by a link', async (name) => {
  const folder = tempFolder()
  const thread = `const { Worker, isMainThread } = require('worker_threads'); if (isMainThread) new Worker(${JSON.stringify(programIn(folder, 'thread.cjs'))})`
  const file = programIn(folder, name.replace(/\.mjs$/, '.cjs'), `${thread}; ${PROGRAM}`)
  const link = join(folder, 'linked')
  symlinkSync(file, link)
  const { stdout, stderr } = await run(process.execPath, [link], { NODE_OPTIONS: importing().join(' ') })
  expect([stdout, stderr]).toEqual(['unrecorded\nunrecorded\n', ''])
})

test.each([
  ['an application', 'app.cjs', {}, 'recorded'],
  ['an application of a package', 'node_modules/n8n/bin/n8n', {}, 'recorded'],
  ['an application that pm2 starts', 'node_modules/pm2/lib/ProcessContainerFork.js', {}, 'recorded'],
  ['a tool that is switched on', 'node_modules/typescript/bin/tsc', { SPYGLASS_ENABLED: 'on' }, 'recorded'],
  ['an application that is switched off', 'app.cjs', { SPYGLASS_ENABLED: 'off' }, 'unrecorded'],
  ['an application with OTEL_SDK_DISABLED', 'app.cjs', { OTEL_SDK_DISABLED: 'true' }, 'unrecorded'],
  ['a test of node --test', 'a.test.cjs', { NODE_TEST_CONTEXT: 'child-v8' }, 'unrecorded'],
  ['an install script', 'app.cjs', { npm_lifecycle_event: 'postinstall' }, 'unrecorded'],
])('under NODE_OPTIONS %s is as it should be', async (_name, file, env, expected) => {
  const folder = tempFolder()
  const options = { NODE_OPTIONS: importing().join(' '), SPYGLASS_SPOOL: 'off', ...(env as Record<string, string>) }
  const { stdout } = await run(process.execPath, [programIn(folder, file)], options)
  expect(stdout.trim().split('\n').at(-1)).toBe(expected)
})

test.each([
  ['-e', ['-e', PROGRAM]],
  ['-p', ['-p', PROGRAM]],
])('a program given by %s is recorded when asked on the command line, not under NODE_OPTIONS', async (_name, args) => {
  const env = { SPYGLASS_SPOOL: 'off' }
  expect((await run(process.execPath, args, { ...env, NODE_OPTIONS: importing().join(' ') })).stdout).toContain('unrecorded')
  expect((await run(process.execPath, [...importing(), ...args], env)).stdout).toMatch(/^recorded/)
})

test('an agent that cannot be loaded costs one line', async () => {
  const broken = compileAgent()
  try {
    writeFileSync(join(broken.folder, 'agent/start.js'), "import './missing.js'\n")
    const register = pathToFileURL(join(broken.folder, 'register.js')).href
    const { code, stdout, stderr } = await run(process.execPath, ['--import', register, programIn(tempFolder(), 'app.cjs')])
    expect([code, stdout]).toEqual([7, 'unrecorded\n'])
    expect(stderr).toMatch(/^SPY_AGENT_START: the agent could not start, so the application runs unrecorded: .*missing\.js.*\n$/)
  } finally {
    broken[Symbol.dispose]()
  }
})
