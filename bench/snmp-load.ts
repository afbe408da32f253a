/** Load for SNMP agents: ready-made datagrams, a window of them in progress, and the CPU time the agent spends on them. */
import { createSocket, type Socket } from 'node:dgram'
import { setTimeout as delay } from 'node:timers/promises'
import type { Oid } from '../snmp-bridge/src/ber/oid.ts'
import { readInformAnswer } from '../snmp-bridge/src/notification/inform-answer.ts'
import { localizeKeys, masterKeys } from '../snmp-bridge/src/usm/keys.ts'
import { type Request, v2cRequest, v3Request } from '../test/snmp-bridge/support/packets.ts'
import { treeCpuSeconds } from './process-usage.ts'

export interface Target {
  readonly pid: number
  readonly port: number
}

export interface Account {
  readonly name: string
  readonly authPassword: string
  readonly privPassword: string
}

export interface Load {
  /** Responses in a second of the clock, and in a second of the agent's CPU. */
  readonly perSecond: number
  readonly perCpuSecond: number
  readonly responses: number
}

const WINDOW = 32
const SOCKETS = 2
const NO_ENGINE = Buffer.alloc(0)

/** Requests over v2c or v3, encoded once; v3 ones are signed for the engine that `target` tells it is. */
export async function encode(requests: readonly Request[], version: 'v2c' | 'v3', target: Target, account: Account): Promise<Buffer[]> {
  if (version === 'v2c') return requests.map((request) => v2cRequest(request))
  const master = masterKeys(account.authPassword, account.privPassword)
  const discovery = await ask(target, v3Request({ names: [] }, { engineId: NO_ENGINE, user: '', keys: undefined, boots: 0 }))
  const { engineId } = readInformAnswer(discovery, undefined).parameters
  const keys = localizeKeys(master, engineId)
  const unsynced = { engineId, user: account.name, keys, boots: 0, time: 0 }
  const { parameters } = readInformAnswer(await ask(target, v3Request({ names: [] }, unsynced)), keys)
  const options = { ...unsynced, boots: parameters.boots, time: parameters.time }
  return requests.map((request) => v3Request(request, options))
}

/** One request, one answer. */
export function ask({ port }: Target, message: Buffer): Promise<Buffer> {
  const socket = createSocket('udp4')
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      socket.close() // an open one would keep the process
      reject(new Error(`no answer on port ${port}`))
    }, 3000)
    socket.once('message', (answer) => {
      clearTimeout(timer)
      socket.close()
      resolve(answer)
    })
    socket.send(message, port, '127.0.0.1')
  })
}

export async function load(target: Target, messages: readonly Buffer[], seconds: number): Promise<Load> {
  const state = { responses: 0, next: 0, running: true }
  const sockets = await Promise.all(Array.from({ length: SOCKETS }, () => openSender(target, messages, state)))
  await delay(200)
  const [from, cpuFrom, began] = [state.responses, treeCpuSeconds(target.pid), performance.now()]
  await delay(seconds * 1000)
  const responses = state.responses - from
  const cpu = treeCpuSeconds(target.pid) - cpuFrom
  const elapsed = (performance.now() - began) / 1000
  state.running = false
  for (const socket of sockets) socket.close()
  return { responses, perSecond: responses / elapsed, perCpuSecond: responses / cpu }
}

async function openSender(
  { port }: Target,
  messages: readonly Buffer[],
  state: { responses: number; next: number; running: boolean },
): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4_194_304 })
  await new Promise<void>((resolve) => socket.connect(port, '127.0.0.1', resolve))
  const send = (): void => socket.send(messages[state.next++ % messages.length]!)
  socket.on('message', () => {
    state.responses++
    if (state.running) send()
  })
  for (let i = 0; i < WINDOW; i++) send()
  return socket
}

/** GETs of one object each, over all rows of `column`. */
export const gets = (column: Oid, rows: number): Request[] => spread(rows).map((row) => ({ names: [[...column, row]] }))

/** GETBULKs of 50 repetitions, beginning at rows all over `column`. */
export const bulks = (column: Oid, rows: number): Request[] =>
  spread(Math.max(1, rows - 50)).map((row) => ({ type: 'getBulk', names: [[...column, row - 1]], maxRepetitions: 50 }))

const spread = (rows: number): number[] => Array.from({ length: 64 }, (_, i) => 1 + Math.floor((i * rows) / 64))
