/**
 * The private address of one application (or of the applications that share processes), and connections to it. A connection carries one request at a
 * time and belongs to no client: it is taken for a request and given back after its answer. Which process accepts it is for the kernel to say: all
 * instances of the application inherit the one socket.
 */
import type { Socket } from 'node:net'
import { type ConnectOptions, connectToPath } from './connect.ts'

/** Who uses a connection. */
export interface UpstreamUser {
  connected(): void
  /** The first `length` bytes of `bytes`, which are overwritten afterwards. Returns whether to go on reading. */
  received(bytes: Buffer, length: number): boolean
  drained(): void
  /** The application closed its end, or the connection broke. Called once. */
  closed(error: Error | undefined): void
  /** Nobody will accept the connection. */
  abandoned(): void
}

/** Beyond it a connection that is given back is closed. */
const MAX_IDLE = 256
/** An application that once had many clients at a time does not keep as many connections. */
const IDLE_SWEEPS = 8

export class UpstreamConnection {
  user: UpstreamUser | undefined
  /** Whether it has carried a request before. */
  isReused = false
  /** Whether a process has answered on it: otherwise it may still wait to be accepted. */
  isAccepted = false
  isConnected = false
  idleSweeps = 0
  readonly socket: Socket
  readonly #upstream: Upstream
  #error: Error | undefined
  #isOver = false

  constructor(upstream: Upstream, path: string) {
    this.#upstream = upstream
    const options: ConnectOptions = { path, onBytes: (length, bytes) => this.#received(length, bytes) }
    const socket = (this.socket = connectToPath(options))
    socket.on('connect', () => {
      this.isConnected = true
      this.user?.connected()
    })
    socket.on('drain', () => this.user?.drained())
    socket.on('error', (error) => (this.#error = error))
    socket.on('end', () => this.#over())
    socket.on('close', () => this.#over())
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** What an application says on a connection that nobody uses means that it wants it closed. */
  #received(length: number, bytes: Buffer): boolean {
    this.isAccepted = true
    if (this.user) return this.user.received(bytes, length)
    this.close()
    return true
  }

  close(): void {
    this.user = undefined
    this.#over()
    this.socket.destroy()
  }

  #over(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#upstream.forget(this)
    const { user } = this
    this.user = undefined
    user?.closed(this.#error)
  }
}

/** `serving`: an instance is ready, or was lately. `draining`: none is, but some end the requests that they have. `down`: nobody is there. */
export type UpstreamState = 'serving' | 'draining' | 'down'

export class Upstream {
  state: UpstreamState = 'serving'
  readonly path: string
  readonly #idle: UpstreamConnection[] = []
  readonly #open = new Set<UpstreamConnection>()

  constructor(path: string) {
    this.path = path
  }

  get connections(): number {
    return this.#open.size
  }

  /** One that waits, the one used last first, or a new one. */
  take(): UpstreamConnection {
    const idle = this.#idle.pop()
    if (!idle) return this.connect()
    idle.isReused = true
    return idle
  }

  connect(): UpstreamConnection {
    const connection = new UpstreamConnection(this, this.path)
    this.#open.add(connection)
    return connection
  }

  /** Its answer was read to the end, and nothing is left over. */
  give(connection: UpstreamConnection): void {
    connection.user = undefined
    if (connection.isOver) return
    connection.idleSweeps = 0
    if (this.#idle.length < MAX_IDLE) this.#idle.push(connection)
    else connection.close()
  }

  forget(connection: UpstreamConnection): void {
    this.#open.delete(connection)
    const at = this.#idle.indexOf(connection)
    if (at >= 0) this.#idle.splice(at, 1)
  }

  /** Called now and then: closes connections that nobody needed for long. */
  sweep(): void {
    for (const connection of this.#idle.toReversed()) if (++connection.idleSweeps > IDLE_SWEEPS) connection.close()
  }

  /** Nobody is there any more: a connection that never brought a byte waits in the kernel's queue and is told so. */
  set(state: UpstreamState): void {
    this.state = state
    if (state !== 'down') return
    for (const connection of this.#open) if (!connection.isAccepted) connection.user?.abandoned()
  }

  close(): void {
    for (const connection of this.#idle.toReversed()) connection.close()
  }
}
