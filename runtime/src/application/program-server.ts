/** The server of a program, as the application that it belongs to reaches it: past whatever stands between the server and its socket. */
import http from 'node:http'
import type { Http2Session } from 'node:http2'
import type { Server } from 'node:net'
import type { ListenRequest } from './program/listen-request.ts'

type Emit = (event: string, ...args: readonly unknown[]) => boolean

export class ProgramServer {
  readonly server: Server
  readonly emit: Emit
  readonly #sessions = new Set<Http2Session>()
  #foreign = 0

  /** Made before anything is put between: `emit` is the server's own. */
  constructor(server: Server) {
    this.server = server
    this.emit = server.emit.bind(server) as Emit
    if (!(server instanceof http.Server)) server.on('session', (session: Http2Session) => this.#onSession(session))
  }

  /** Notes the listeners that are not the program's. Called when something was put between. */
  opened(before: number): void {
    this.#foreign = this.server.listenerCount('upgrade') - before
  }

  /** Whether it speaks HTTP. */
  get answersRequests(): boolean {
    return this.server.listenerCount('request') > 0
  }

  get acceptsUpgrades(): boolean {
    return this.server.listenerCount('upgrade') > this.#foreign
  }

  /** Tells clients of a program's own HTTP/2 server to send no further requests. */
  drain(): void {
    for (const session of this.#sessions) session.close()
  }

  #onSession(session: Http2Session): void {
    this.#sessions.add(session)
    session.once('close', () => this.#sessions.delete(session))
  }
}

/** A program that listens itself is told as if its port could not be had. */
export function refuseServer(server: Server, request: ListenRequest | undefined, error: Error): void {
  if (!request) throw error
  process.nextTick(() => server.emit('error', error))
}
