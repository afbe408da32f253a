/**
 * Memory of idle keep-alive connections: 1,000 and 10,000 of them, each after one request, in plain Node, in plain Fastify and in a hosted Fastify with everything on.
 * `node --conditions=spyglass-source bench/connections.bench.ts`. A limit of 12,000 open files (`ulimit -n`) is needed on both sides.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { memoryOf } from './process-usage.ts'
import { type Figure, printResult } from './result.ts'

const startedMs = performance.now()
const COUNTS = [1000, 10_000]
const AT_ONCE = 50
const SETTLE_MS = 4000
const MODES = ['node', 'plain', 'hosted'] as const
/** Against plain Node: what the listener and the agent keep of a connection that waits. */
const BAR_KIB = 6

const folder = mkdtempSync(join(tmpdir(), 'spyglass-connections-'))
const figures: Record<string, Figure> = {}
try {
  for (const mode of MODES) await measure(mode)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
for (const count of COUNTS) {
  const added = (figures[`hosted${count}`]?.value ?? Number.NaN) - (figures[`node${count}`]?.value ?? Number.NaN)
  figures[`added${count}`] = { value: Math.round(added * 100) / 100, unit: 'KiB/connection', better: 'lower', bar: BAR_KIB }
}
printResult('connections', figures, startedMs)

async function measure(mode: (typeof MODES)[number]): Promise<void> {
  const child = start(mode)
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  const path = mode === 'hosted' ? '/app/hello' : '/hello'
  const sockets: Socket[] = []
  try {
    await Promise.all((await open(port, path, AT_ONCE)).map(closed)) // what is loaded and compiled at the first requests
    const before = await settled(child)
    for (const count of COUNTS) {
      while (sockets.length < count) sockets.push(...(await open(port, path, Math.min(AT_ONCE, count - sockets.length))))
      const kib = ((await settled(child)) - before) / count
      figures[`${mode}${count}`] = { value: Math.round(kib * 100) / 100, unit: 'KiB/connection', better: 'lower' }
    }
    if (sockets.some(({ destroyed }) => destroyed)) throw new TypeError(`${mode} closed an idle connection`)
  } finally {
    for (const socket of sockets) socket.destroy()
    const ended = once(child, 'exit')
    child.kill()
    await ended
  }
}

function start(mode: (typeof MODES)[number]): ChildProcess {
  const preload = mode === 'hosted' ? ['--import', import.meta.resolve('@spyglass/agent/register')] : []
  return fork(join(import.meta.dirname, 'server-overhead/server.ts'), [mode, folder], {
    execArgv: ['--conditions=spyglass-source', '--expose-gc', ...preload],
    env: { ...process.env, NODE_OPTIONS: '', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' },
  })
}

/** Resident memory in KiB after a collection. */
async function settled(child: ChildProcess): Promise<number> {
  await delay(SETTLE_MS)
  child.send('collect')
  await once(child, 'message')
  return memoryOf(child.pid ?? 0).rssMiB * 1024
}

/** Connections that have had one answer. */
function open(port: number, path: string, count: number): Promise<Socket[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect(port, '127.0.0.1')
      socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`)
      await once(socket, 'data')
      socket.on('data', () => {})
      return socket
    }),
  )
}

async function closed(socket: Socket): Promise<void> {
  socket.destroy()
  await once(socket, 'close')
}
