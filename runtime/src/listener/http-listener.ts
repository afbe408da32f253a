/**
 * The HTTP server of one instance on a socket that the keeper holds. It can stop accepting without resetting anyone: closing its own
 * copy of the socket leaves the keeper's open, and the next generation takes what waits in the queue.
 */
import { nodeLimits } from '@spyglass/process/http-server'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import net, { type Socket } from 'node:net'

export interface ListenerCounts {
  readonly connections: number
  readonly accepted: number
  readonly requests: number
  readonly bytesReceived: number
  readonly bytesSent: number
}

export type ListenerState = 'open' | 'draining' | 'closed'

/** Clients that keep a connection idle have this long to send a last request, answered with `Connection: close`. */
const IDLE_GRACE_MS = 500

export class HttpListener {
  state: ListenerState = 'closed'
  readonly #server: http.Server
  readonly #open = new Set<Socket>()
  #accepted = 0
  #requests = 0
  /** Of connections that have ended. */
  #received = 0
  #sent = 0
  #mostSent = 0

  constructor(handler: (request: IncomingMessage, response: ServerResponse) => void, headersTimeoutMs?: number) {
    this.#server = http.createServer(
      { ...nodeLimits({ requestTimeoutMs: 30_000, keepAliveTimeoutMs: 72_000, headersTimeoutMs }), noDelay: true },
      (request, response) => {
        this.#requests++
        if (this.state === 'draining') response.setHeader('connection', 'close')
        handler(request, response)
      },
    )
    this.#server.on('connection', (socket: Socket) => this.#onConnection(socket))
  }

  get counts(): ListenerCounts {
    let bytesReceived = this.#received
    let bytesSent = this.#sent
    for (const socket of this.#open) {
      bytesReceived += socket.bytesRead
      bytesSent += socket.bytesWritten
    }
    // A socket counts what waits to be sent as well, and no longer when it breaks off; a counter never goes back.
    this.#mostSent = Math.max(this.#mostSent, bytesSent)
    return { connections: this.#open.size, accepted: this.#accepted, requests: this.#requests, bytesReceived, bytesSent: this.#mostSent }
  }

  /** Begins to accept on a socket handle of the keeper. */
  listen(handle: unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(handle, () => {
        this.state = 'open'
        resolve()
      })
    })
  }

  /**
   * Stops accepting at once, lets clients finish, then closes what is idle; settles when nothing is open or the deadline has passed.
   * `net.Server`'s close is called by itself: that of `http.Server` would close idle connections at once, on clients that are about to
   * send.
   */
  async drain(deadlineMs: number): Promise<void> {
    this.state = 'draining'
    const closed = new Promise<void>((resolve) => net.Server.prototype.close.call(this.#server, () => resolve()))
    const idle = setInterval(() => this.#server.closeIdleConnections(), IDLE_GRACE_MS)
    const late = setTimeout(() => this.#server.closeAllConnections(), deadlineMs)
    await closed
    clearInterval(idle)
    clearTimeout(late)
    this.state = 'closed'
  }

  #onConnection(socket: Socket): void {
    this.#open.add(socket)
    this.#accepted++
    socket.once('close', () => {
      this.#open.delete(socket)
      this.#received += socket.bytesRead
      this.#sent += socket.bytesWritten
    })
  }
}
