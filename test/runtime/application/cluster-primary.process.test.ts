import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { INSPECT_FLAG } from '../../../runtime/src/decider/blocked-stack.ts'
import { freePort } from '../../support/free-port.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { until } from '../../support/until.ts'
import { start } from './program/alone.ts'

const source = (path: string): string => import.meta.resolve(`../../../runtime/src/${path}`)

async function answerOnNewConnection(port: number): Promise<string> {
  const [response] = (await once(http.get({ port, host: '127.0.0.1', agent: false }), 'response')) as [http.IncomingMessage]
  return text(response)
}

test('workers of a cluster serve the application’s socket, with the flags that every instance has', async () => {
  const source = `import cluster from 'node:cluster'
    import http from 'node:http'
    if (cluster.isPrimary) for (let i = 0; i < 2; i++) cluster.fork()
    else http.createServer((req, res) => res.end(String(process.pid))).listen(3000)`
  const program = await start(source, {}, undefined, { execArgv: [INSPECT_FLAG] })
  const pids = new Set<string>()
  await until(async () => pids.add(await answerOnNewConnection(program.port)).size === 2, 20_000)
  expect(pids.has(String(program.child.pid))).toBe(false)
})

test('a connection on its way to a worker that dies is closed: its client does not wait for good', async () => {
  const program = await start(`import cluster from 'node:cluster'
    import http from 'node:http'
    if (cluster.isPrimary) for (let i = 0; i < 2; i++) cluster.fork()
    else http.createServer((req, res) => res.end(String(process.pid))).listen(3000)`)
  const pids = new Set<string>()
  await until(async () => pids.add(await answerOnNewConnection(program.port)).size === 2)
  const [dying = ''] = pids
  process.kill(Number(dying), 'SIGSTOP')
  const answers = Array.from({ length: 4 }, () => answerOnNewConnection(program.port).catch(() => 'closed'))
  await Promise.any(answers) // by the other one: all four have been accepted
  process.kill(Number(dying), 'SIGKILL')
  expect((await Promise.all(answers)).filter((answer) => answer === 'closed')).toHaveLength(1)
})

test('an instance whose workers have all exited cannot serve any more: cluster has closed its socket', async () => {
  const source = `import cluster from 'node:cluster'
    import http from 'node:http'
    if (cluster.isPrimary) {
      cluster.fork()
      cluster.on('exit', () => setTimeout(() => cluster.fork(), 200))
    } else http.createServer((req, res) => (req.url === '/die' ? process.exit(3) : res.end(String(process.pid)))).listen(3000)`
  const program = await start(source)
  await answerOnNewConnection(program.port)
  http.get({ port: program.port, host: '127.0.0.1', agent: false, path: '/die' }).on('error', () => {})
  expect((await program.exited).code).toBe(7)
}, 60_000)

test('a primary may open and close a server of its own beside workers', async () => {
  const program = await start(`import cluster from 'node:cluster'
    import http from 'node:http'
    if (cluster.isPrimary) {
      cluster.fork()
      const server = http.createServer((req, res) => res.end(String(server.address().port))).listen(3001)
    }`)
  expect(await answerOnNewConnection(program.port)).toBe(String(program.port))
  program.child.send('stop')
  expect((await program.exited).code).toBe(0)
})

test('a server of the primary keeps its own port where the port of the workers is named', async () => {
  const own = await freePort()
  const main = `import cluster from 'node:cluster'
    import http from 'node:http'
    const answer = (text) => http.createServer((req, res) => res.end(text))
    if (cluster.isPrimary) answer('metrics').listen(${own}, () => cluster.fork())
    else answer('worker').listen(3000)`
  const program = await start({ 'main.mjs': main, 'package.json': '{"main":"main.mjs"}', 'spyglass.app.yaml': 'port: 3000' })
  expect(await answerOnNewConnection(program.port)).toBe('worker')
  expect(await answerOnNewConnection(own)).toBe('metrics')
})

/** A worker that asks, as ours does, and then answers nothing. */
const SILENT = `import cluster from 'node:cluster'
  import { tell } from '${source('application/cluster-messages.ts')}'
  if (cluster.isWorker) tell(process, { type: 'ask' })`
const PID = `import http from 'node:http'
  http.createServer((req, res) => res.end(String(process.pid))).listen(3000)`

test.each([
  ['that hangs is killed at the deadline of the drain', '', '200'],
  ['without our flags is not waited for', 'cluster.setupPrimary({ execArgv: [] })', '600000'],
])(
  'a worker %s',
  async (_, setup, drainMs) => {
    const main = `import cluster from 'node:cluster'
    if (cluster.isPrimary) {
      ${setup}
      cluster.fork()
    } else await import('./worker.mjs')`
    const silent = join(tempFolder(), 'silent.mjs')
    writeFileSync(silent, SILENT)
    const files = { 'main.mjs': main, 'worker.mjs': PID, 'package.json': '{"main":"main.mjs"}' }
    const program = await start(files, { PRELOAD: pathToFileURL(silent).href, DRAIN_MS: drainMs })
    const pid = Number(await answerOnNewConnection(program.port))
    program.child.send('stop')
    expect((await program.exited).code).toBe(0)
    await until(() => !isAlive(pid), 20_000)
  },
  60_000,
)

test('a child of a program may have a cluster of its own', async () => {
  const main = `import { fork } from 'node:child_process'
    import http from 'node:http'
    let said = ''
    fork(new URL('./child.mjs', import.meta.url)).on('message', (message) => (said = message))
    http.createServer((req, res) => res.end(said)).listen(3000)`
  const child = `import cluster from 'node:cluster'
    if (cluster.isPrimary) cluster.fork().on('message', (message) => process.send(message))
    else process.send('ran', () => process.exit())`
  const files = { 'main.mjs': main, 'child.mjs': child, 'package.json': '{"main":"main.mjs"}' }
  const program = await start(files, { PRELOAD: source('instance/cluster-worker-main.ts') })
  await until(async () => (await answerOnNewConnection(program.port)) === 'ran', 20_000)
}, 60_000)

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
