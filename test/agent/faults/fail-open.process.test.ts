import { spawn } from 'node:child_process'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CompiledAgent, compileAgent } from '../../support/compiled-agent.ts'
import { injectFaults } from '../../support/fault-injection.ts'
import { repetitions } from '../../support/repetitions.ts'

const APPLICATION = fileURLToPath(new URL('../applications/everything.mjs', import.meta.url))
const ENDS = ['return', 'beforeExit', 'exit', 'exitListener', 'throw', 'later', 'reject', 'signal', 'signalListener'] as const
type End = (typeof ENDS)[number]

/** Functions whose own first line is the application's business: they hand something on to it and do nothing else. */
const HANDS_ON = [
  /recorder\/context\.js:(bound|runOutside|runIn\w+)/, // run the application's function in a context
  /instrument\/pg\.js:(poolConnect|watched|passedOn|ending|clientQuery|patched\w+|beginPoolQuery|endPoolQuery|prototype|patchPool|patchClient)/,
  /instrument\/opentelemetry\/(spans|tracer-provider|context)\.js:/, // is the API itself; each body is guarded, see their tests
  /instrument\/module-hooks\.js:load:/, // loads the application's module
  /logs\/pino-logs\.js:spyglassAsJson:/, // writes the application's line
  /guard\/guard\.js:/, // what guards the others
]

interface Outcome {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

const PATIENCE_MS = 120_000

let agent: CompiledAgent
/** Takes whatever comes: what a faulty agent sends need not be readable. */
const sink = http.createServer((request, response) => request.resume().on('end', () => response.end()))
let faults: string[]
const plain = new Map<End, Outcome>()

beforeAll(async () => {
  agent = compileAgent()
  faults = injectFaults(agent.folder)
  await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve))
  for (const end of ENDS) plain.set(end, await run(end))
  const reached = join(agent.folder, 'reached.json')
  await run('exit', { fault: 'none', reached })
  const seen = new Set(JSON.parse(readFileSync(reached, 'utf8')) as string[])
  faults = faults.filter((id) => seen.has(id) && !HANDS_ON.some((pattern) => pattern.test(id)))
}, 300_000)

afterAll(() => {
  agent?.[Symbol.dispose]()
  sink.closeAllConnections()
  sink.close()
})

/** Without `fault` the application runs without the agent. */
async function run(end: End, { fault, reached }: { readonly fault?: string; readonly reached?: string } = {}): Promise<Outcome> {
  const injection = `
    import { writeFileSync } from 'node:fs'
    const seen = new Set()
    globalThis.__fault = (id) => {
      seen.add(id)
      if (id === ${JSON.stringify(fault)}) throw new TypeError('injected')
    }
    if (${JSON.stringify(reached ?? '')}) process.on("exit", () => process.on("exit", () => {}) && writeFileSync(${JSON.stringify(reached ?? '')}, JSON.stringify([...seen])))`
  const preload = join(agent.folder, `fault-${Math.random()}.mjs`)
  if (fault !== undefined) writeFileSync(preload, injection)
  const args =
    fault === undefined ? [] : ['--import', pathToFileURL(preload).href, '--import', pathToFileURL(join(agent.folder, 'register.js')).href]
  const env = {
    PATH: process.env['PATH'] ?? '',
    END: end,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(sink.address() as AddressInfo).port}`,
    SPYGLASS_METRICS_INTERVAL_MS: '100',
    SPYGLASS_SPOOL_FOLDER: join(agent.folder, 'spool'),
  }
  const child = spawn(process.execPath, [...args, APPLICATION], { env, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] })
  const texts = { stdout: '', stderr: '' }
  child.stdout.on('data', (piece: Buffer) => (texts.stdout += piece.toString()))
  child.stderr.on('data', (piece: Buffer) => (texts.stderr += piece.toString()))
  const patience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS) // an application that does not end is another outcome
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  clearTimeout(patience)
  return { code, signal, ...texts }
}

/** One line may say that the agent could not start; everything else is the application's. */
function withoutOwnLine(outcome: Outcome): Outcome {
  return { ...outcome, stderr: outcome.stderr.replace(/^SPY_AGENT_[A-Z]+: .*\n/, '') }
}

test.each(ENDS)('an application that ends by %s is the same to the byte with the agent', async (end) => {
  expect(await run(end, { fault: 'none' })).toEqual(plain.get(end))
})

test('a fault in any function of the agent changes neither exit code nor output', async () => {
  expect(faults.length).toBeGreaterThan(150)
  const chosen = sample(faults, repetitions(24))
  const failed: unknown[] = []
  const queue = chosen.map((fault, at) => ({ fault, end: ENDS[at % ENDS.length] as End }))
  const work = async (): Promise<void> => {
    for (let next = queue.pop(); next; next = queue.pop()) {
      const outcome = withoutOwnLine(await run(next.end, next))
      const expected = plain.get(next.end)
      if (JSON.stringify(outcome) !== JSON.stringify(expected)) failed.push({ ...next, outcome, expected })
    }
  }
  await Promise.all([work(), work()])
  expect(failed).toEqual([])
}, 3_600_000)

/** Evenly spread: the same ones in each run of the tests, others in each soak. */
function sample(all: readonly string[], count: number): string[] {
  if (count >= all.length) return [...all]
  const step = all.length / count
  const from = process.env['SPYGLASS_SOAK'] ? Math.random() * step : 0
  return Array.from({ length: count }, (_, at) => all[Math.floor(from + at * step)] ?? '')
}
