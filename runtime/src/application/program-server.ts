/** The server of a program, as the application that it belongs to reaches it: past whatever stands between the server and its socket. */
import type { Server } from 'node:net'

type Emit = (event: string, ...args: readonly unknown[]) => boolean

export class ProgramServer {
  readonly server: Server
  readonly emit: Emit
  #foreign = 0

  /** Made before anything is put between: `emit` is the server's own. */
  constructor(server: Server) {
    this.server = server
    this.emit = server.emit.bind(server) as Emit
  }

  /** Notes the listeners that are not the program's. Called when something was put between. */
  opened(before: number): void {
    this.#foreign = this.server.listenerCount('upgrade') - before
  }

  get acceptsUpgrades(): boolean {
    return this.server.listenerCount('upgrade') > this.#foreign
  }
}
