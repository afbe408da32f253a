/** Starts a process as the keeper does: with a control channel, and a socket for its registry. */
import { type ChildProcess, spawn } from 'node:child_process'
import net from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { inheritance, listenLocally, MessageStream } from '@spyglass/process/channel'
import { type FromChild, type RegistryMessage, type ToChild, type WholePush, withChanges } from '@spyglass/process/keeper-link'
import { onTestFinished } from 'vitest'
import { tempFolder } from './temp-folder.ts'

/** As management hears it: changes are laid over what was said before. */
export type Heard = Exclude<RegistryMessage, { type: 'registry' }> | WholePush

export interface Kept {
  readonly child: ChildProcess
  /** Path of the socket that takes its registry. */
  readonly registry: string
  /** What it said on the channel and sent to management, in order. */
  readonly messages: (FromChild | Heard)[]
  readonly send: (message: ToChild) => void
  /** As when the keeper dies. */
  readonly disconnect: () => void
}

export interface KeptOptions {
  readonly args?: readonly string[]
  readonly execArgv?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
}

/** Descriptor of the channel in the child. */
const CHANNEL = 3

/** Listens as management does. Resolves with the path of the socket. */
export async function receiveRegistry(onMessage: (message: Heard) => void): Promise<string> {
  const path = join(tempFolder(), 'registry.sock')
  const server = net.createServer((socket) => {
    const hear = whole(onMessage)
    void new MessageStream(socket, { onMessage: (message) => hear(message as RegistryMessage), onEnd: () => {} })
  })
  await listenLocally(server, path)
  onTestFinished(() => void server.close())
  return path
}

function whole(onMessage: (message: Heard) => void): (message: RegistryMessage) => void {
  let known: WholePush['snapshot'] = { time: 0, resources: [] }
  return (message) => {
    if (message.type !== 'registry') return onMessage(message)
    const { snapshot } = message
    known = 'resources' in snapshot ? snapshot : withChanges(known, snapshot)
    onMessage({ ...message, snapshot: known })
  }
}

/** Its standard output and standard error are pipes. It ends with the test. */
export async function startKept(
  script: string,
  { args = [], execArgv = ['--conditions=spyglass-source'], env = process.env }: KeptOptions = {},
): Promise<Kept> {
  const messages: (FromChild | Heard)[] = []
  const registry = await receiveRegistry((message) => messages.push(message))
  const child = spawn(process.execPath, [...execArgv, script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { ...env, ...inheritance({ name: 'kept', channel: CHANNEL, listeners: {}, registry }) },
  })
  const stream = new MessageStream(child.stdio[CHANNEL] as Duplex, {
    onMessage: (message) => messages.push(message as FromChild),
    onEnd: () => {},
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return { child, registry, messages, send: (message) => stream.send(message), disconnect: () => stream.close() }
}
