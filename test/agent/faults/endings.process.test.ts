/** Ways in which programs end, beside those of fail-open.process.test.ts: exit code, signal and every byte of output are those of the program alone. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sinkForTest } from '../../support/agent-process.ts'
import { type CompiledAgent, compileAgent } from '../../support/compiled-agent.ts'
import { tempFolder } from '../../support/temp-folder.ts'

/** What each of them does before it ends: a request to itself, lines on both streams. */
const WORK = `import http from 'node:http'
const server = http.createServer((request, response) => response.end('answer'))
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
console.log(await (await fetch('http://127.0.0.1:' + server.address().port)).text())
console.error('on standard error')
server.closeAllConnections()
server.close()
`
const WORKER = (program: string, listeners = `worker.on('exit', (code) => console.log('worker', code))`): string => `
import { Worker } from 'node:worker_threads'
const worker = new Worker(${JSON.stringify(program)}, { eval: true })
${listeners}
`
/** It runs until a signal reaches it; without the timer it would end by itself before. */
const SIGNALLED = (signal: string): string => `setInterval(() => {}, 1000); process.kill(process.pid, '${signal}')`

const ENDINGS: Readonly<Record<string, string>> = {
  return: '',
  'process.exitCode': 'process.exitCode = 7',
  'process.exit in a timer': 'setTimeout(() => process.exit(3), 20)',
  'an exception': `setTimeout(() => { throw new RangeError('boom') }, 20)`,
  'a value that is no error': `setTimeout(() => { throw { not: 'an error' } }, 20)`,
  'a rejection': `setTimeout(() => Promise.reject(new RangeError('boom')), 20)`,
  'a rejection that is handled by a listener': `process.on('unhandledRejection', (reason) => console.log('heard', reason.message)); Promise.reject(new Error('x'))`,
  'an exception that a listener takes': `process.on('uncaughtException', (error, origin) => console.log('heard', error.message, origin)); setTimeout(() => { throw new Error('x') }, 20)`,
  'an exception within the listener for exceptions': `process.on('uncaughtException', () => { throw new Error('worse') }); setTimeout(() => { throw new Error('x') }, 20)`,
  SIGTERM: SIGNALLED('SIGTERM'),
  'SIGTERM with a handler': `process.once('SIGTERM', (signal) => { console.log('bye', signal); process.exit(5) }); ${SIGNALLED('SIGTERM')}`,
  SIGINT: SIGNALLED('SIGINT'),
  SIGHUP: SIGNALLED('SIGHUP'),
  SIGKILL: SIGNALLED('SIGKILL'),
  'process.abort': 'process.abort()',
  'an await that never ends': 'await new Promise(() => {})',
  'an import that fails': `await import('./missing.mjs')`,
  'an exit listener that changes the code': `process.on('exit', (code) => { console.log('exit', code); process.exitCode = 9 })`,
  // By itself: what a process that calls process.exit has still to write is cut off by chance, in Node alone as well.
  'return with more output than a pipe holds': `process.stdout.write('x'.repeat(300_000)); process.stderr.write('y'.repeat(300_000))`,
  'a worker that ends': WORKER(`console.log('in the worker')`),
  'a worker that exits': WORKER(`console.log('in the worker'); process.exit(4)`),
  // Without a listener for its end: whether that is called before the exception ends the process is chance, in Node alone as well.
  'a worker that throws': WORKER(`throw new RangeError('in the worker')`, ''),
  'a worker whose exception is heard': WORKER(
    `throw new RangeError('in the worker')`,
    `worker.on('error', (error) => console.log('heard', error.message)); worker.on('exit', (code) => console.log('worker', code))`,
  ),
  'an exhausted heap': `const kept = []; for (;;) kept.push(Array.from({ length: 1000 }, (_, at) => ({ at })))`,
}

let agent: CompiledAgent
beforeAll(() => {
  agent = compileAgent()
})
afterAll(() => agent?.[Symbol.dispose]())

interface Outcome {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

async function run(file: string, env: Readonly<Record<string, string>>, args: readonly string[]): Promise<Outcome> {
  const child = spawn(process.execPath, ['--max-old-space-size=40', ...args, file], {
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const texts = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (texts.stdout += piece))
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (texts.stderr += piece))
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return { code, signal, ...texts }
}

/** V8 writes addresses, times and sizes of its last collections when the heap is full; what it says of the cause stays. */
function comparable(outcome: Outcome): Outcome {
  const isOutOfMemory = outcome.stderr.includes('JavaScript heap out of memory')
  return isOutOfMemory
    ? {
        ...outcome,
        stderr: outcome.stderr
          .split('\n')
          .filter((line) => /^(?:on|FATAL)/.test(line))
          .join('\n'),
      }
    : outcome
}

/** The reason that V8 puts between is what it was doing at that moment. */
const withoutMoment = (text: string): string => text.replace(/^(FATAL ERROR): .* (Allocation failed)/m, '$1: $2')

test.each(Object.keys(ENDINGS))('the same with the agent, to the byte: %s', async (name) => {
  const sink = await sinkForTest()
  const file = join(tempFolder(), 'app.mjs')
  writeFileSync(file, `${WORK}${ENDINGS[name]}\n`)
  const register = pathToFileURL(join(agent.folder, 'register.js')).href
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint,
    SPYGLASS_SPOOL_FOLDER: join(tempFolder(), 'spool'),
    SPYGLASS_SLOW_REQUEST_MS: '0.001',
  }
  const [plain, recorded] = [await run(file, env, []), await run(file, env, ['--import', register])].map((outcome) => comparable(outcome))
  expect({ ...recorded, stderr: withoutMoment(recorded?.stderr ?? '') }).toEqual({ ...plain, stderr: withoutMoment(plain?.stderr ?? '') })
  expect(plain?.stdout).toContain('answer\n')
})
