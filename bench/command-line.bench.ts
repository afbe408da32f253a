/**
 * What a command of the command line costs: CPU of the whole process, beside `node -e 0` in the same run. The commands speak to an
 * administration socket that this process serves, with the resources of a server of 20 instances.
 * `node --conditions=spyglass-source bench/command-line.bench.ts`
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { createRegistry } from '@spyglass/agent/registry'
import { adminSocketFile, serveAdministration } from '@spyglass/process/admin-socket'
import { localMethods } from '../runtime/src/management/local-methods.ts'
import { repository } from '../test/support/suite.ts'
import { type Figure, printResult } from './result.ts'

const startedMs = performance.now()
const ROUNDS = 20
const BAR_SECONDS = 0.3
const TICKS_PER_SECOND = 100
const program = join(repository, 'runtime/bin/spyglass.js')
const folder = mkdtempSync(join(tmpdir(), 'spyglass-bench-'))
const data = join(folder, 'data')

const commands: Readonly<Record<string, readonly string[]>> = {
  node: ['-e', '0'],
  version: [program, '--version'],
  help: [program, 'get', '--help'],
  list: [program, 'list', '--data', data],
  get: [program, 'get', 'instance.*.pid', '--data', data],
  status: [program, 'status', '--data', data],
  refused: [program, 'get', 'nothing', '--data', data],
  complete: [program, 'complete', 'instance.', '--data', data],
}

const server = await serve()
try {
  for (const args of Object.values(commands)) await run(args) // fills the cache of compiled modules
  const spent = new Map(Object.keys(commands).map((name) => [name, 0]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, args] of Object.entries(commands)) spent.set(name, (spent.get(name) ?? 0) + (await run(args)))
  }
  const node = (spent.get('node') ?? 0) / ROUNDS
  printResult('command-line', Object.fromEntries([...spent].flatMap(([name, sum]) => figuresOf(name, sum / ROUNDS, node))), startedMs)
} finally {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
}

function figuresOf(name: string, seconds: number, node: number): [string, Figure][] {
  const value = Math.round(seconds * 1000) / 1000
  if (name === 'node') return [['node.cpu', { value, unit: 's', better: 'lower' }]]
  return [
    [`${name}.cpu`, { value, unit: 's', better: 'lower', bar: BAR_SECONDS }],
    [`${name}.ratio`, { value: Math.round((seconds / node) * 10) / 10, unit: '× node -e 0', better: 'lower' }],
  ]
}

/** Seconds of CPU of one process, from its start to its end: what the kernel adds to those of this process's children. */
async function run(args: readonly string[]): Promise<number> {
  const before = childSeconds()
  await once(spawn(process.execPath, args, { stdio: 'ignore' }), 'exit')
  return childSeconds() - before
}

function childSeconds(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND
}

async function serve() {
  const run = join(data, 'run')
  mkdirSync(run, { recursive: true })
  const registry = createRegistry({ kindNamed })
  const resources = Array.from({ length: 20 }, (_, i) => {
    const name = `http-${i + 1}`
    return { kind: 'instance', keys: { name }, values: { name, state: 'ready', pid: 1000 + i } }
  })
  registry.adopt('keeper', { time: Date.now(), resources })
  const methods = { ...localMethods(registry), list: async () => [], get: async () => [] }
  return serveAdministration({ file: adminSocketFile(run), methods })
}
