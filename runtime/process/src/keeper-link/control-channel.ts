/** The control channel of this process to its keeper, from the first moment: what comes before anyone listens waits. */
import net from 'node:net'
import { inherited, MessageStream } from '../channel/index.ts'
import type { FromChild, ToChild } from './messages.ts'

type Listener = (message: ToChild) => void

export interface Channel {
  readonly stream: MessageStream
  readonly waiting: ToChild[]
  listener: Listener | undefined
  onEnd: (() => void) | undefined
}

const KEY = Symbol.for('spyglass.channel')

/** The control channel of this process; undefined when it was started by hand. Messages that come before anyone listens wait. */
export function channelOf(): Channel | undefined {
  const global = globalThis as { [KEY]?: Channel }
  const given = inherited()
  if (!given || global[KEY]) return global[KEY]
  const waiting: ToChild[] = []
  const stream = new MessageStream(new net.Socket({ fd: given.channel, readable: true, writable: true }), {
    onMessage: (message) => (channel.listener ? channel.listener(message as ToChild) : waiting.push(message as ToChild)),
    onEnd: () => channel.onEnd?.(),
  })
  const channel: Channel = { stream, waiting, listener: undefined, onEnd: undefined }
  Object.defineProperty(global, KEY, { value: channel, enumerable: false })
  return channel
}

/** Sends a message to the keeper, also before the process has connected to it. `sent` is called in any case. */
export function tellKeeper(message: FromChild, sent: () => void = () => {}): void {
  const channel = channelOf()
  if (channel) channel.stream.send(message, sent)
  else sent()
}

/**
 * The channel keeps the process alive. While it is released, `beforeExit` says when nothing else does:
 * everything else that a process of ours has open is unreferenced.
 */
export const channelAlive = {
  hold: (): void => channelOf()?.stream.ref(),
  release: (): void => channelOf()?.stream.unref(),
} as const

/** Resolves with the first message of this type. Others wait for {@link connectKeeper}. */
export async function firstMessage<T extends ToChild['type']>(type: T): Promise<Extract<ToChild, { type: T }>> {
  const channel = channelOf()
  if (!channel) return new Promise(() => {})
  return new Promise((resolve) => {
    const take: Listener = (message) => {
      if (message.type === type) {
        channel.listener = undefined
        resolve(message as Extract<ToChild, { type: T }>)
      } else channel.waiting.push(message)
    }
    channel.listener = take
    for (const message of channel.waiting.splice(0)) take(message)
  })
}
