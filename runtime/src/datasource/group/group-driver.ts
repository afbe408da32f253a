/** The driver of the pool for writes: each connection is opened to the member that accepts writes at that moment. */
import { messageOf } from '@spyglass/agent/contract'
import type { Driver, DriverConnection } from '../driver.ts'
import { fail } from '../errors.ts'
import type { Group } from './group.ts'
import type { Member } from './member.ts'
import { isConnectionLost, isRefused } from './refused.ts'

export interface GroupDriverOptions {
  readonly group: Group
  /** Opens connections to the member that {@link lead} was called with last. */
  readonly driver: Driver
  readonly lead: (to: Member) => void
  /** How long a connection may take to open. */
  readonly connectTimeoutMs: () => number
  /** Its name, where members are no copies of each other. */
  readonly sharded?: string | undefined
}

/** Before the pool gives up, so that the error says why. */
const PART_OF_TIMEOUT = 0.9

export class GroupDriver implements Driver {
  readonly name: string
  readonly system: string
  readonly sessionsOver: Driver['sessionsOver']
  readonly standingOver: Driver['standingOver']
  readonly runOver: Driver['runOver']
  readonly #options: GroupDriverOptions

  constructor(options: GroupDriverOptions) {
    this.#options = options
    const { name, system, sessionsOver, standingOver, runOver } = options.driver
    this.name = name
    this.system = system
    this.sessionsOver = sessionsOver
    this.standingOver = standingOver
    this.runOver = runOver
  }

  get target(): string {
    return this.#options.driver.target
  }

  /** A member that refuses is down; the connection is opened to the next that accepts writes. */
  async connect(onBroken: (error: Error) => void, signal: AbortSignal): Promise<DriverConnection> {
    const { group, driver, lead, connectTimeoutMs, sharded } = this.#options
    if (sharded !== undefined) throw fail('SPY_SHARD_UNNAMED', [sharded])
    for (;;) {
      const member = await group.writerWithin(connectTimeoutMs() * PART_OF_TIMEOUT, signal)
      lead(member)
      try {
        const connection = await driver.connect((error) => this.#broke(member, error, onBroken), signal)
        if (group.writer?.name === member.name) return connection
        await connection.close(0)
      } catch (error) {
        if (signal.aborted || !isConnectionLost(error)) throw error
        if (isRefused(error)) group.refused(member, messageOf(error))
        else throw error
      }
    }
  }

  /** One broken connection proves nothing; a new one tells. */
  #broke(member: Member, error: Error, onBroken: (error: Error) => void): void {
    onBroken(error)
    void this.#options.group.look(member)
  }
}
