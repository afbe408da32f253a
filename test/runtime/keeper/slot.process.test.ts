import { openSync, readdirSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { codeOf } from '@spyglass/agent/contract'
import { createBackOff } from '../../../runtime/src/keeper/back-off.ts'
import type { ProcessSpec } from '../../../runtime/src/keeper/generation.ts'
import { bindListeningSocket, type ListeningSocket } from '../../../runtime/src/keeper/listening-socket.ts'
import { processStat } from '../../../runtime/src/keeper/process-stat.ts'
import { Slot } from '../../../runtime/src/keeper/slot.ts'
import { StandIn } from '../../../runtime/src/keeper/stand-in.ts'
import { freePort } from '../../support/free-port.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { until } from '../../support/until.ts'

const script = fileURLToPath(new URL('../../fixtures/keeper/child.mjs', import.meta.url))

interface SlotSetup extends Partial<Pick<ProcessSpec, 'sockets' | 'startPatienceMs' | 'hangPatienceMs' | 'prepare'>> {
  readonly overlaps?: boolean
}

const noGuard = { watch: () => {}, forget: () => {} }

/** The mode of the child may change between generations: it is read from a file. */
function slotOf(mode: string, { overlaps = true, ...more }: SlotSetup = {}) {
  const downs: string[] = []
  const logFile = join(tempFolder(), 'server.log')
  const modeFile = join(tempFolder(), 'mode')
  const become = (next: string): void => writeFileSync(modeFile, next)
  become(mode)
  const ready: number[] = []
  const spec: ProcessSpec = { name: 'part', script, args: [modeFile], execArgv: [], env: {}, sockets: [], startPatienceMs: 10_000, ...more }
  const slot = new Slot({
    spec,
    overlaps,
    backOff: createBackOff({ firstMs: 20, mostMs: 40 }),
    hooks: {
      logFd: openSync(logFile, 'a'),
      logFile,
      guard: noGuard,
      onMessage: () => {},
      onReady: ({ generations }) => ready.push(generations),
      onDown: (_slot, reason) => downs.push(reason),
      onGone: () => {},
    },
  })
  onTestFinished(() => slot.stop(2000))
  return { slot, downs, ready, become }
}

function get(port: number, path = '/'): Promise<{ status: number; body: string; retryAfter: string | undefined }> {
  return new Promise((resolve, reject) => {
    http
      .get({ port, host: '127.0.0.1', path, agent: false }, (response) => {
        let body = ''
        response.on('data', (chunk) => (body += chunk))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body, retryAfter: response.headers['retry-after'] }))
      })
      .on('error', reject)
  })
}

async function boundSocket(): Promise<ListeningSocket> {
  const socket = await bindListeningSocket('http', '127.0.0.1', await freePort())
  onTestFinished(() => socket.close())
  return socket
}

test('a part that ends before it is ready fails the start with its own reason, and is tried again', async () => {
  const { slot, downs } = slotOf('fails')
  await expect(slot.start()).rejects.toMatchObject({
    code: 'SPY_PART_FAILED',
    message: expect.stringContaining('no luck'),
    cause: { code: 'SPY_X' },
  })
  await until(() => slot.restarts >= 2)
  expect(downs[0]).toContain('no luck')
})

test('a part that exits without a message is reported with its exit code and the log', async () => {
  const { slot } = slotOf('ends')
  await expect(slot.start()).rejects.toMatchObject({ code: 'SPY_PART_ENDED', message: expect.stringMatching(/exit code 3.*server\.log/) })
})

test('a part that does not become ready in time is ended', async () => {
  const { slot } = slotOf('silent', { startPatienceMs: 200 })
  await expect(slot.start()).rejects.toMatchObject({ code: 'SPY_PART_SLOW', message: expect.stringContaining('server.startPatienceMs') })
})

test('each further try may take twice as long, so that a slow one comes to its end', async () => {
  const { slot, downs, become } = slotOf('silent', { startPatienceMs: 1000 })
  await expect(slot.start()).rejects.toMatchObject({ code: 'SPY_PART_SLOW' })
  await until(() => downs.length === 2)
  expect(downs.map((text) => /within (\d+) s/.exec(text)?.[1])).toEqual(['1', '2'])
  become('ready')
  await until(() => slot.state === 'ready')
})

test('a process that cannot even be forked is tried again', async () => {
  let full = true
  const { slot, downs } = slotOf('ready', {
    prepare: () => {
      if (full) throw new TypeError('no space left on device')
    },
  })
  await expect(slot.start()).rejects.toThrow('no space left')
  await until(() => downs.length >= 2)
  full = false
  await until(() => slot.state === 'ready')
})

test('a generation killed with -9 is followed by another on the same socket; a connection made in between waits and is answered', async () => {
  const socket = await boundSocket()
  const { slot, downs } = slotOf('listens', { sockets: [socket] })
  await slot.start()
  const first = slot.current!.pid
  process.kill(first, 'SIGKILL')
  await until(() => slot.state === 'down')
  const { body } = await get(socket.port)
  expect(Number(body)).not.toBe(first)
  expect(downs).toEqual(['killed by SIGKILL'])
  expect(slot.restarts).toBe(1)
})

test.for(['spins', 'sleeps', 'is stopped'])(
  'a process that %s without a heartbeat is ended, reported as hung, and followed by another',
  async (mode) => {
    const { slot, downs, become } = slotOf(mode === 'is stopped' ? 'ready' : mode, { hangPatienceMs: 500 })
    await slot.start()
    if (mode === 'is stopped') process.kill(slot.current!.pid, 'SIGSTOP')
    become('ready')
    await until(() => {
      if (slot.restarts === 0) slot.checkPulse()
      return slot.restarts === 1 && slot.state === 'ready'
    })
    expect(downs).toEqual([expect.stringMatching(/^hung: no heartbeat for \d+ s \([\d.]+ s of CPU time, state [RST]\), and was killed$/)])
  },
)

test('a process that speaks is not ended, however long it lives', async () => {
  const { slot, downs } = slotOf('speaks', { hangPatienceMs: 200 })
  await slot.start()
  for (const end = Date.now() + 1500; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 100))) slot.checkPulse()
  expect(downs).toEqual([])
})

test.for([true, false])(
  'a stop during a reload ends both generations, and the new one never takes over (overlapping: %s)',
  async (overlaps) => {
    const { slot, ready, become } = slotOf('ready', { overlaps })
    await slot.start()
    const first = slot.current!.pid
    become('late')
    const reload = slot.reload(2000).then(
      () => 'done',
      (error: unknown) => codeOf(error),
    )
    const second = await until(() => slot.generations === 2 && [...livingOf(process.pid)].find((pid) => pid !== first))
    await slot.stop(1000)
    expect([first, second].filter((pid) => livingOf(process.pid).has(pid))).toEqual([])
    expect(await reload).not.toBe('SPY_PART_BUSY')
    expect([slot.state, ready, slot.reloads]).toEqual(['stopped', [1], overlaps ? 0 : slot.reloads])
  },
)

test('a stop while a reload drains the old generation waits for it', async () => {
  const { slot, become } = slotOf('stubborn')
  await slot.start()
  const first = slot.current!.pid
  become('ready')
  const reload = slot.reload(60_000)
  await until(() => slot.current?.pid !== first && slot.state === 'ready')
  await slot.stop(100)
  expect(livingOf(process.pid).has(first)).toBe(false)
  await reload
})

test('a service whose new generation fails on a reload is started again', async () => {
  const { slot, become } = slotOf('ready', { overlaps: false })
  await slot.start()
  become('fails')
  await expect(slot.reload(1000)).rejects.toMatchObject({ code: 'SPY_PART_FAILED' })
  become('ready')
  await until(() => slot.state === 'ready')
})

/** Children of a process that have not ended. */
function livingOf(parent: number): ReadonlySet<number> {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger)
  return new Set(pids.filter((pid) => ((stat) => stat?.parent === parent && stat.state !== 'Z')(processStat(pid))))
}

test('reloads under load lose no request', async () => {
  const socket = await boundSocket()
  const { slot } = slotOf('listens', { sockets: [socket] })
  await slot.start()
  const pids = new Set<string>()
  let reloading = true
  const client = async (): Promise<void> => {
    while (reloading) pids.add((await get(socket.port)).body)
  }
  const clients = Array.from({ length: 8 }, client)
  for (let i = 0; i < 5; i++) await slot.reload(2000)
  reloading = false
  await Promise.all(clients)
  expect(slot.reloads).toBe(5)
  expect(pids.size).toBeGreaterThanOrEqual(5)
})

test('a listener nobody serves answers 503 with Retry-After, until somebody does', async () => {
  const socket = await boundSocket()
  const logFile = join(tempFolder(), 'server.log')
  const unavailable = fileURLToPath(new URL('../../../runtime/src/keeper/unavailable-main.ts', import.meta.url))
  const standIn = new StandIn(
    socket,
    { script: unavailable, args: [], execArgv: ['--conditions=spyglass-source'], env: {}, startPatienceMs: 10_000 },
    { logFd: openSync(logFile, 'a'), logFile, guard: noGuard, onMessage: () => {} },
  )
  onTestFinished(() => standIn.somebodyServes())
  standIn.nobodyServes()
  const answer = await until(() => get(socket.port))
  expect(answer).toMatchObject({ status: 503, retryAfter: '2', body: expect.stringContaining('SPY_NO_INSTANCE') })
  await standIn.somebodyServes()
  const { slot } = slotOf('listens', { sockets: [socket] })
  await slot.start()
  expect((await get(socket.port)).status).toBe(200)
})
