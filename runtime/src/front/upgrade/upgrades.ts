/** The connections of an application that changed their protocol: counted, and closed in order when its generation ends. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type UpgradeCounts, UpgradedConnection } from './upgraded-connection.ts'

export class Upgrades {
  /** Ever handed over. */
  total = 0
  readonly counts: UpgradeCounts = { messagesReceived: 0, messagesSent: 0, closes: new Map() }
  readonly #open = new Set<UpgradedConnection>()
  #isRestarting = false

  get open(): number {
    return this.#open.size
  }

  /** Called before the application gets the connection. */
  add(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.total++
    const connection = new UpgradedConnection(request, socket, head, this.counts)
    this.#open.add(connection)
    socket.once('close', () => this.#open.delete(connection))
    if (this.#isRestarting) connection.restart()
  }

  /** Every WebSocket is closed with 1012, those that are still to come as well. */
  restart(): void {
    this.#isRestarting = true
    for (const connection of this.#open) connection.restart()
  }
}
