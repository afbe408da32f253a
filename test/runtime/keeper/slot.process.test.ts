import { openSync } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { createBackOff } from '../../../runtime/src/keeper/back-off.ts'
import type { ProcessSpec } from '../../../runtime/src/keeper/generation.ts'
import { bindListeningSocket, type ListeningSocket } from '../../../runtime/src/keeper/listening-socket.ts'
import { Slot } from '../../../runtime/src/keeper/slot.ts'
import { StandIn } from '../../../runtime/src/keeper/stand-in.ts'
import { freePort } from '../../support/free-port.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { until } from '../../support/until.ts'

const script = fileURLToPath(new URL('../../fixtures/keeper/child.mjs', import.meta.url))

function slotOf(mode: string, sockets: readonly ListeningSocket[] = [], startTimeoutMs = 10_000) {
  const downs: string[] = []
  const logFile = join(tempFolder(), 'server.log')
  const spec: ProcessSpec = { name: 'part', script, args: [mode], execArgv: [], env: {}, sockets, startTimeoutMs }
  const slot = new Slot({
    spec,
    overlaps: true,
    backOff: createBackOff({ firstMs: 20, mostMs: 40 }),
    hooks: {
      logFd: openSync(logFile, 'a'),
      logFile,
      onMessage: () => {},
      onReady: () => {},
      onDown: (_slot, reason) => downs.push(reason),
      onGone: () => {},
    },
  })
  onTestFinished(() => slot.stop(2000))
  return { slot, downs }
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

test('a part that ends without a word is told with its exit code and the log', async () => {
  const { slot } = slotOf('ends')
  await expect(slot.start()).rejects.toMatchObject({ code: 'SPY_PART_ENDED', message: expect.stringMatching(/exit code 3.*server\.log/) })
})

test('a part that does not become ready in time is ended', async () => {
  const { slot } = slotOf('silent', [], 200)
  await expect(slot.start()).rejects.toMatchObject({ code: 'SPY_PART_SLOW' })
})

test('a generation killed with -9 is followed by another on the same socket; a connection made in between waits and is answered', async () => {
  const socket = await boundSocket()
  const { slot, downs } = slotOf('listens', [socket])
  await slot.start()
  const first = slot.current!.pid
  process.kill(first, 'SIGKILL')
  await until(() => slot.state === 'down')
  const { body } = await get(socket.port)
  expect(Number(body)).not.toBe(first)
  expect(downs).toEqual(['ended by SIGKILL'])
  expect(slot.restarts).toBe(1)
})

test('a process that hangs is ended after half a minute of silence, told as such, and followed by another', async () => {
  const { slot, downs } = slotOf('ready')
  await slot.start()
  process.kill(slot.current!.pid, 'SIGSTOP')
  for (let second = 1; second < 30; second++) slot.checkPulse()
  expect(slot.state).toBe('ready')
  slot.checkPulse()
  await until(() => slot.restarts === 1 && slot.state === 'ready')
  expect(downs).toEqual(['hung for 30 s and was killed'])
})

test('reloads under load lose no request', async () => {
  const socket = await boundSocket()
  const { slot } = slotOf('listens', [socket])
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
    { script: unavailable, args: [], execArgv: ['--conditions=spyglass-source'], env: {}, startTimeoutMs: 10_000 },
    { logFd: openSync(logFile, 'a'), logFile, onMessage: () => {} },
  )
  onTestFinished(() => standIn.somebodyServes())
  standIn.nobodyServes()
  const answer = await until(() => get(socket.port))
  expect(answer).toMatchObject({ status: 503, retryAfter: '2', body: expect.stringContaining('SPY_NO_INSTANCE') })
  await standIn.somebodyServes()
  const { slot } = slotOf('listens', [socket])
  await slot.start()
  expect((await get(socket.port)).status).toBe(200)
})
