/**
 * Connections to a directory: a bounded number, each used by one question at a time and kept for the next. One whose question failed is not used again,
 * since nobody knows what it is in the middle of; nor are those that were idle meanwhile.
 */
import type { Client } from 'ldapts'
import { wrongShape } from '@spyglass/process/durable-file'
import { Queue } from '../../../concurrency/index.ts'
import { Patience } from '../../../patience/index.ts'
import { LdapConnection, type LdapPlace } from './ldap-connection.ts'

export interface LdapConnectionsOptions extends LdapPlace {
  /** At most. */
  readonly connections: number
}

export class LdapConnections {
  readonly #options: LdapConnectionsOptions
  readonly #turns: Queue
  readonly #patience = new Patience()
  readonly #idle: LdapConnection[] = []
  readonly #all = new Set<LdapConnection>()
  #isClosed = false

  constructor(options: LdapConnectionsOptions) {
    this.#options = options
    const { connections: concurrency, timeoutMs: deadlineMs } = options
    this.#turns = new Queue({ name: 'ldap', concurrency, deadlineMs })
  }

  get size(): number {
    return this.#all.size
  }

  /** Asks on a connection that nobody else uses meanwhile. @throws in time, whatever the directory does */
  async ask<T>(question: (client: Client) => Promise<T>): Promise<T> {
    return await this.#turns.run(() => this.#inTime(question))
  }

  close(): void {
    this.#isClosed = true
    for (const connection of this.#all) this.#drop(connection)
  }

  async #inTime<T>(question: (client: Client) => Promise<T>): Promise<T> {
    const { timeoutMs } = this.#options
    const silent = (): Error => wrongShape(`the directory did not answer within ${timeoutMs} ms (timeoutMs)`)
    const connection = this.#idleOne() ?? (await this.#newOne())
    try {
      const answer = await this.#patience.answer({ ask: () => asked(connection, question), timeoutMs, silent })
      if (this.#isClosed) this.#drop(connection)
      else this.#idle.push(connection)
      return answer
    } catch (error) {
      for (const each of [connection, ...this.#idle.splice(0)]) this.#drop(each) // a firewall that has forgotten one has forgotten all
      throw error
    }
  }

  #idleOne(): LdapConnection | undefined {
    for (let connection = this.#idle.pop(); connection; connection = this.#idle.pop()) {
      if (connection.isOpen) return connection
      this.#drop(connection)
    }
    return undefined
  }

  async #newOne(): Promise<LdapConnection> {
    const connection = await LdapConnection.make(this.#options)
    this.#all.add(connection)
    return connection
  }

  #drop(connection: LdapConnection): void {
    this.#all.delete(connection)
    connection.close()
  }
}

async function asked<T>(connection: LdapConnection, question: (client: Client) => Promise<T>): Promise<T> {
  if (!connection.isOpen) await connection.secure()
  return await question(connection.client)
}
