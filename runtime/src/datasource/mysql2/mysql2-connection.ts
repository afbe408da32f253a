/** A connection of mysql2 as a connection of a pool. */
import { fail } from '../errors.ts'
import type { DriverConnection, RunAnswer, RunStatement } from '../driver.ts'
import type { Borrow } from '../pool/index.ts'
import type { MysqlCallback, MysqlCommand, MysqlConnection } from './mysql2-module.ts'

/** Bits of the server's status, which ends each statement without rows. */
const IN_TRANSACTION = 1
const AUTOCOMMIT = 2

export class Mysql2Connection implements DriverConnection {
  readonly connection: MysqlConnection
  #status: number
  readonly #firstStatus: number
  /** The command that ended last. */
  #ended: MysqlCommand | undefined
  #isLost = false
  #closing = false

  /** Of a connection that has been opened. `onBroken` is called when it breaks while nobody waited for it, or while a statement runs. */
  constructor(connection: MysqlConnection, target: string, onBroken: (error: Error) => void) {
    this.connection = connection
    this.#firstStatus = connection._handshakePacket?.statusFlags ?? AUTOCOMMIT
    this.#status = this.#firstStatus
    this.#watchCommands()
    const broke = (error: Error): void => {
      if (!this.#closing && !this.#isLost) onBroken(error)
      this.#isLost = true
    }
    // Without a listener an error of a connection would end the process.
    connection.on('error', broke)
    connection.on('end', () => broke(fail('SPY_CONNECTION_LOST', [target, 'the server closed it'])))
  }

  /** One that has ended is there until its listeners have been called: those that return the connection are among them. */
  get running(): MysqlCommand | undefined {
    const { _command: command, _commands: next } = this.connection
    return command === this.#ended && next.length === 0 ? undefined : (command ?? undefined)
  }

  get session(): number | undefined {
    return this.connection.threadId ?? undefined
  }

  /** Without autocommit each statement begins one. */
  get inTransaction(): boolean {
    return (this.#status & IN_TRANSACTION) !== 0 || (this.#status & AUTOCOMMIT) === 0
  }

  get broken(): boolean {
    const { _fatalError, _protocolError, _closing, stream } = this.connection
    return this.#isLost || Boolean(_fatalError ?? _protocolError ?? _closing) || stream.destroyed
  }

  async validate(): Promise<void> {
    await called((done) => this.connection.ping(done))
  }

  /** Statements run in turn, so that this waits for those before it. */
  async reset(): Promise<void> {
    await called((done) => this.connection.query('ROLLBACK', done))
    if ((this.#status & AUTOCOMMIT) === (this.#firstStatus & AUTOCOMMIT)) return
    await called((done) => this.connection.query(`SET autocommit = ${this.#firstStatus & AUTOCOMMIT ? 1 : 0}`, done))
  }

  async close(deadlineMs: number): Promise<void> {
    const { connection } = this
    const { broken } = this
    this.#closing = true
    if (broken) return connection.stream.destroy()
    const late = setTimeout(() => connection.stream.destroy(), deadlineMs)
    try {
      await Promise.race([called((done) => connection._realEnd(done)), new Promise((resolve) => connection.once('end', resolve))])
      connection.stream.end()
    } catch {
      connection.stream.destroy() // it is closed, whatever it says to that
    } finally {
      clearTimeout(late)
    }
  }

  /** mysql2 tells the status to the statement alone. */
  #watchCommands(): void {
    const { connection } = this
    const add = connection.addCommand
    connection.addCommand = (command) => {
      const read = command.doneInsert
      if (read) {
        command.doneInsert = (result) => {
          this.#status = result?.serverStatus ?? this.#status
          return read.call(command, result)
        }
      }
      command.once('end', () => {
        this.#ended = command
      })
      return add.call(connection, command)
    }
  }
}

export const mysql2Connection = ({ entry }: Borrow): Mysql2Connection => entry.connection as Mysql2Connection

/** A call with a callback as a promise. */
export function called(call: (done: MysqlCallback) => unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    call((error, result) => (error ? reject(error) : resolve(result)))
  })
}

export async function mysqlRun(connection: MysqlConnection, { text, params }: RunStatement): Promise<RunAnswer> {
  const given = { sql: text, rowsAsArray: false, ...(params ? { values: params } : {}) }
  const result = await called((done) => connection.query(given, done))
  if (Array.isArray(result)) return { rows: result as RunAnswer['rows'], changes: 0 }
  return { rows: [], changes: (result as { affectedRows?: number }).affectedRows ?? 0 }
}
