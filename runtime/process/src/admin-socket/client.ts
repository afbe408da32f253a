/** One connection to the administration socket of a running server, over which any number of requests go. */
import { once } from 'node:events'
import type net from 'node:net'
import { codeOf, type Role, SpyglassError } from '@spyglass/agent/contract'
import { connectLocally } from '../channel/index.ts'
import { fail } from './errors.ts'
import { type AdminReply, Lines, lineOf, type Parameters, parseReply, PING } from './protocol.ts'
import { adminSocketFile } from './socket-path.ts'

export interface CallOptions {
  /** Called with each item of a method that follows something. */
  readonly onItem?: (item: unknown) => void
  /** Default 120 s; without an end for a method that follows something. */
  readonly timeoutMs?: number
  /** For whom it asks, where that is not the user of this process. */
  readonly as?: { readonly user?: string; readonly role?: Role }
}

export interface AdminClient extends Disposable {
  /** @throws what the server says, by its code; SPY_LOCAL_GONE, SPY_LOCAL_SLOW */
  call(method: string, params?: Parameters, options?: CallOptions): Promise<unknown>
  /** The items of a method that follows something. No more are read from the connection than are taken, so it should have one of its own. */
  follow(method: string, params?: Parameters, options?: Pick<CallOptions, 'as'>): AsyncGenerator<unknown, void>
}

export interface ClientOptions {
  /** For messages. */
  readonly dataFolder: string
  /** The folder `run` of the data folder. */
  readonly run: string
  /** Default: the administration socket. */
  readonly file?: string
  /** How long to wait for a process that is being restarted. Default 30 s. */
  readonly restartMs?: number
}

const PATIENCE_MS = 120_000
const RESTART_MS = 30_000
/** Items that may wait to be taken. */
const MAX_WAITING_ITEMS = 16

/** @throws SPY_SERVER_UNREACHABLE, SPY_LOCAL_DENIED */
export async function connectAdministration(options: ClientOptions): Promise<AdminClient> {
  const client = new Client(await connected(options))
  const { dataFolder, restartMs: timeoutMs = RESTART_MS } = options
  try {
    await client.call(PING, {}, { timeoutMs })
    return client
  } catch (error) {
    client[Symbol.dispose]()
    if (codeOf(error) === 'SPY_LOCAL_SLOW')
      throw fail('SPY_SERVER_UNREACHABLE', [dataFolder, `it has not answered for ${timeoutMs / 1000} s`], error)
    throw error
  }
}

async function connected({ dataFolder, run, file = adminSocketFile(run) }: ClientOptions): Promise<net.Socket> {
  try {
    const socket = connectLocally(file)
    await once(socket, 'connect')
    return socket
  } catch (error) {
    const code = codeOf(error)
    if (code === 'EACCES' || code === 'EPERM') throw fail('SPY_LOCAL_DENIED', [dataFolder, file], error)
    const reason = code === 'ENOENT' ? 'it has no socket' : code === 'ECONNREFUSED' ? 'nobody listens' : (code ?? String(error))
    throw fail('SPY_SERVER_UNREACHABLE', [dataFolder, reason], error)
  }
}

interface Waiting {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
  readonly onItem: ((item: unknown) => void) | undefined
}

class Client implements AdminClient {
  readonly #socket: net.Socket
  readonly #lines = new Lines(Infinity)
  readonly #waiting = new Map<number, Waiting>()
  readonly #actor = process.env['SUDO_USER'] === undefined ? {} : { user: process.env['SUDO_USER'] }
  #lastId = 0

  constructor(socket: net.Socket) {
    this.#socket = socket
    socket.setEncoding('utf8')
    socket.on('error', () => {}) // `close` follows
    socket.on('data', (text: string) => {
      for (const line of this.#lines.push(text)) this.#onReply(parseReply(line))
    })
    socket.once('close', () => {
      for (const { reject } of this.#waiting.values()) reject(fail('SPY_LOCAL_GONE'))
      this.#waiting.clear()
    })
  }

  async call(
    method: string,
    params: Parameters = {},
    { onItem, timeoutMs = PATIENCE_MS, as = this.#actor }: CallOptions = {},
  ): Promise<unknown> {
    if (this.#socket.destroyed) throw fail('SPY_LOCAL_GONE')
    const id = ++this.#lastId
    const answer = new Promise<unknown>((resolve, reject) => this.#waiting.set(id, { resolve, reject, onItem }))
    const late = onItem ? undefined : setTimeout(() => this.#late(id, timeoutMs), timeoutMs)
    this.#socket.write(lineOf({ id, method, params, ...as }))
    try {
      return await answer
    } finally {
      clearTimeout(late)
    }
  }

  async *follow(method: string, params: Parameters = {}, options: Pick<CallOptions, 'as'> = {}): AsyncGenerator<unknown, void> {
    const items: unknown[] = []
    let news = Promise.withResolvers<void>()
    const onItem = (item: unknown): void => {
      if (items.push(item) >= MAX_WAITING_ITEMS) this.#socket.pause()
      news.resolve()
    }
    let isOver = false
    const end = this.call(method, params, { ...options, onItem }).finally(() => {
      isOver = true
      news.resolve()
    })
    end.catch(() => {}) // thrown below
    for (;;) {
      while (items.length > 0) yield items.shift()
      if (isOver) break
      this.#socket.resume()
      await news.promise
      news = Promise.withResolvers<void>()
    }
    await end
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }

  #late(id: number, timeoutMs: number): void {
    this.#waiting.get(id)?.reject(fail('SPY_LOCAL_SLOW', [timeoutMs / 1000]))
    this.#waiting.delete(id)
  }

  #onReply(reply: AdminReply | undefined): void {
    if (!reply) return
    const { id } = reply
    if (id === 0 && 'error' in reply) return this.#failAll(reply.error)
    const waiting = this.#waiting.get(id)
    if ('item' in reply) return waiting?.onItem?.(reply.item)
    this.#waiting.delete(id)
    if ('error' in reply) waiting?.reject(errorOf(reply.error))
    else waiting?.resolve(reply.result)
  }

  /** What concerns the connection as a whole: it is closed after it. */
  #failAll(error: { readonly code: string; readonly message: string }): void {
    for (const { reject } of this.#waiting.values()) reject(errorOf(error))
    this.#waiting.clear()
  }
}

const errorOf = ({ code, message }: { readonly code: string; readonly message: string }): SpyglassError =>
  new SpyglassError(code, '%s', [message])
