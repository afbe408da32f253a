/**
 * Serves the administration of a server to programs of the same user on this machine. A caller that can open the socket is an administrator: it has
 * mode 0600 in a folder of mode 0700, so that is the user who runs the server, and root.
 */
import { chmodSync } from 'node:fs'
import net from 'node:net'
import { dirname } from 'node:path'
import { codeOf, messageOf, type Role } from '@spyglass/agent/contract'
import { listenInherited, listenLocally, removeSocket } from '../channel/index.ts'
import { fail } from './errors.ts'
import { type AdminReply, type AdminRequest, Lines, lineOf, type Parameters, parseRequest, PING, type WireError } from './protocol.ts'
import { ownUser } from './own-user.ts'

/** Who asks, as the history of changes names them. */
export interface LocalCaller {
  readonly user: string
  readonly role: Role
  /** Aborts when the client disconnects. */
  readonly gone: AbortSignal
}

/** Answers a request: with its result, or by items and then no result. Throws what the client is told. */
export type AdminMethod = (params: Parameters, caller: LocalCaller) => Promise<unknown> | AsyncIterable<unknown>

export interface AdminServerOptions {
  /** Path of the socket; its folder exists. A file of an earlier server is replaced, unless the process has inherited the socket. */
  readonly file: string
  /** Name under which it may have been inherited. */
  readonly inheritedAs?: string
  readonly methods: Readonly<Record<string, AdminMethod>>
  /** Called with an error that has no code, which is a fault of ours. */
  readonly onFault?: (error: unknown, method: string) => void
}

export interface AdminServer {
  /** Closes the socket and its connections. Idempotent. */
  close(): Promise<void>
}

const MAX_CONNECTIONS = 64
/** Requests of one connection that are answered at the same time; further ones wait in the socket. */
const MAX_CONCURRENT = 32

/** @throws SPY_LOCAL_LISTEN, SPY_LOCAL_PATH */
export async function serveAdministration(options: AdminServerOptions): Promise<AdminServer> {
  const { file, inheritedAs } = options
  let isInherited = false
  const connections = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
    if (connections.size > MAX_CONNECTIONS) return refuse(socket)
    new Connection(socket, options).start()
  })
  try {
    isInherited = inheritedAs !== undefined && (await listenInherited(server, inheritedAs))
    if (!isInherited) {
      chmodSync(dirname(file), 0o700) // before the socket is there
      await listenLocally(server, file)
    }
  } catch (error) {
    if (codeOf(error) === 'SPY_LOCAL_PATH') throw error
    throw fail('SPY_LOCAL_LISTEN', [file, messageOf(error)], error)
  }
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      if (!isInherited) removeSocket(file)
      for (const socket of connections) socket.destroy()
    })
  let closing: Promise<void> | undefined
  return { close: () => (closing ??= close()) }
}

function refuse(socket: net.Socket): void {
  socket.on('error', () => {}) // it may be gone already
  socket.end(lineOf({ id: 0, error: wireErrorOf(fail('SPY_LOCAL_BUSY')) }))
}

class Connection {
  readonly #socket: net.Socket
  readonly #options: AdminServerOptions
  readonly #lines = new Lines()
  readonly #gone = new AbortController()
  readonly #owner = ownUser()
  #waiting: AdminRequest[] = []
  #running = 0

  constructor(socket: net.Socket, options: AdminServerOptions) {
    this.#socket = socket
    this.#options = options
  }

  start(): void {
    const socket = this.#socket
    socket.setEncoding('utf8')
    socket.on('error', () => {}) // a client that goes away is no event; `close` follows
    socket.once('close', () => this.#gone.abort())
    socket.on('data', (text: string) => this.#onData(text))
  }

  #onData(text: string): void {
    try {
      for (const line of this.#lines.push(text)) this.#onLine(line)
    } catch (error) {
      this.#socket.end(lineOf({ id: 0, error: wireErrorOf(error) }))
    }
  }

  #onLine(line: string): void {
    const request = parseRequest(line)
    if (typeof request === 'string') return this.#send({ id: 0, error: wireErrorOf(fail('SPY_LOCAL_REQUEST', [request])) })
    this.#waiting.push(request)
    this.#next()
  }

  #next(): void {
    while (this.#running < MAX_CONCURRENT) {
      const request = this.#waiting.shift()
      if (!request) break
      this.#running++
      void this.#answer(request).finally(() => {
        this.#running--
        this.#next()
      })
    }
    if (this.#waiting.length > 0) this.#socket.pause()
    else this.#socket.resume()
  }

  async #answer(request: AdminRequest): Promise<void> {
    const { id, method } = request
    try {
      this.#send({ id, result: await this.#resultOf(request) })
    } catch (error) {
      if (codeOf(error) === undefined) this.#options.onFault?.(error, method)
      this.#send({ id, error: wireErrorOf(error) })
    }
  }

  /** Root may act for somebody, which it says; it is believed, since it may do anything anyway. */
  async #resultOf({ id, method, params, user = this.#owner, role = 'administrator' }: AdminRequest): Promise<unknown> {
    const { methods } = this.#options
    if (method === PING) return PING
    if (!Object.hasOwn(methods, method)) throw fail('SPY_LOCAL_METHOD', [method])
    const answer = methods[method]?.(params, { user, role, gone: this.#gone.signal })
    if (answer === undefined || !(Symbol.asyncIterator in answer)) return (await answer) ?? null
    for await (const item of answer) await this.#sent({ id, item })
    return null
  }

  #send(reply: AdminReply): void {
    if (!this.#socket.destroyed) this.#socket.write(lineOf(reply))
  }

  /** Waits for a client that reads slower than items are made. */
  async #sent(reply: AdminReply): Promise<void> {
    if (this.#socket.destroyed || this.#socket.write(lineOf(reply))) return
    await new Promise<void>((resolve) => {
      this.#socket.once('drain', resolve)
      this.#gone.signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }
}

function wireErrorOf(error: unknown): WireError {
  const code = codeOf(error)
  const known = code === undefined ? fail('SPY_LOCAL_FAULT', [messageOf(error)]) : error
  return { code: code ?? 'SPY_LOCAL_FAULT', message: messageOf(known) }
}
