/** The connections of a listener: counted, watched for clients that are too slow, and closed in the end. */
import type { Duplex } from 'node:stream'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ListenerLimits } from './limits.ts'
import { RELEASE_STATUS } from './peer.ts'
import { Connection, sweepMs } from './progress.ts'
import { answerOnSocket, markRefused, type RefusalReason, refusals } from './refusal.ts'

const CONNECTION = Symbol('spyglass.connection')

/** An answer before the answer: if a request is on its way already, it is answered all the same. */
const RELEASE = `HTTP/1.1 ${RELEASE_STATUS} Release\r\n\r\n`

type Tracked = Duplex & { [CONNECTION]?: Connection }

export class Connections {
  accepted = 0
  /** Of those accepted, also those whose TLS handshake had not come to an end. */
  ended = 0
  readonly #limits: ListenerLimits
  readonly #onCut: (reason: RefusalReason | 'response_timeout') => void
  readonly #open = new Set<Connection>()
  readonly #streams = new Set<Connection>()
  #sweeping: NodeJS.Timeout | undefined
  #sweptAt = 0
  #ownTimeMs = 0
  /** Of connections that have ended. */
  #received = 0
  #sent = 0
  #mostSent = 0

  /** `onCut` is told why a request or its connection was ended. */
  constructor(limits: ListenerLimits, onCut: (reason: RefusalReason | 'response_timeout') => void) {
    this.#limits = limits
    this.#onCut = onCut
  }

  get size(): number {
    return this.#open.size
  }

  get bytesReceived(): number {
    return [...this.#open].reduce((sum, { socket }) => sum + socket.bytesRead, this.#received)
  }

  /** A socket counts what waits to be sent as well, and no longer when it breaks off; a counter never goes back. */
  get bytesSent(): number {
    const sent = [...this.#open].reduce((sum, { socket }) => sum + socket.bytesWritten, this.#sent)
    return (this.#mostSent = Math.max(this.#mostSent, sent))
  }

  /** A connection on which requests come. */
  track(socket: Duplex): void {
    const connection = this.#made(socket, this.#open)
    socket.once('close', () => {
      this.#received += connection.socket.bytesRead
      this.#sent += connection.socket.bytesWritten
    })
  }

  /** One request of a connection of HTTP/2. */
  trackStream(socket: Duplex): void {
    this.#made(socket, this.#streams)
  }

  of(socket: Duplex): Connection | undefined {
    return (socket as Tracked)[CONNECTION]
  }

  /** Begins to look for slow clients. */
  watch(): void {
    this.#sweptAt = performance.now()
    this.#sweeping ??= setInterval(() => this.#sweep(), sweepMs(this.#limits)).unref()
  }

  stopWatching(): void {
    clearInterval(this.#sweeping)
    this.#sweeping = undefined
  }

  /** Ends a request that an application is serving already. */
  cut(connection: Connection, reason: RefusalReason): void {
    const { response, socket } = connection
    if (connection.isRefused || !response) return
    connection.isRefused = true
    this.#onCut(reason)
    if (response.headersSent) {
      markRefused(response, reason, response.statusCode)
      socket.destroy()
    } else {
      markRefused(response, reason, refusals[reason].status)
      answerOnSocket(socket, reason)
    }
  }

  /** Tells the router to send nothing more on connections that wait for a request. */
  release(): void {
    for (const connection of this.#open) {
      const { response, socket, isReleased, isUpgraded } = connection
      if (isReleased || isUpgraded || (response && !isOver(response))) continue
      connection.isReleased = true
      socket.write(RELEASE)
    }
  }

  /**
   * Has idle connections closed, except those whose answer still waits for its client, and those that were used since the last call. Node takes a
   * connection for idle as soon as the application has ended its answer, and would drop what is not sent; a client that asks again and again would
   * have a request on its way, while its next answer ends the connection in order.
   */
  sparingUsed(closeIdle: () => void): void {
    const used = [...this.#open].filter((connection) => connection.wasUsed() || (connection.response && !isOver(connection.response)))
    const sockets = used.map(({ socket }) => socket)
    for (const socket of sockets) Object.defineProperty(socket, 'destroy', { configurable: true, value: () => socket })
    closeIdle()
    for (const socket of sockets) Reflect.deleteProperty(socket, 'destroy')
  }

  /** At the end of a drain: what still runs is told why it ends. Returns the number of requests that were cut. */
  cutAll(): number {
    let cut = 0
    for (const { response, socket } of [...this.#streams, ...this.#open]) {
      if (response && !isOver(response)) {
        cut++
        markRefused(response, 'drain_timeout', response.headersSent ? response.statusCode : 0)
      }
      socket.destroy()
    }
    return cut
  }

  #made(socket: Duplex, all: Set<Connection>): Connection {
    const connection = new Connection(socket as Socket, performance.now())
    ;(socket as Tracked)[CONNECTION] = connection
    all.add(connection)
    socket.once('close', () => all.delete(connection))
    return connection
  }

  /** A sweep that comes late, because the process had no time, does not count against the clients. */
  #sweep(): void {
    const present = performance.now()
    this.#ownTimeMs += Math.min(present - this.#sweptAt, 2 * sweepMs(this.#limits))
    this.#sweptAt = present
    for (const connections of [this.#open, this.#streams]) {
      for (const connection of connections) this.#judge(connection, this.#ownTimeMs)
    }
  }

  #judge(connection: Connection, now: number): void {
    if (connection.isUploadLate(this.#limits, now)) this.cut(connection, 'request_body_timeout')
    else if (connection.isReaderLate(this.#limits, now)) {
      const { response, socket } = connection
      if (response && !isOver(response)) markRefused(response, 'response_timeout', response.statusCode)
      this.#onCut('response_timeout')
      socket.destroy()
    }
  }
}

const isOver = (response: ServerResponse): boolean => response.writableFinished || response.closed
