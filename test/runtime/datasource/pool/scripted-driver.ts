/** A driver whose connections do what a test says, one by one: databases fail at moments that no real one can be brought to. */
import type { Driver, DriverConnection } from '../../../../runtime/src/datasource/driver.ts'
import { Pool, type PoolSettings } from '../../../../runtime/src/datasource/pool/pool.ts'
import { ManualClock, turns } from '../fixture.ts'

export class ScriptedConnection implements DriverConnection {
  inTransaction = false
  broken = false
  running: object | undefined = undefined
  session: number | undefined = undefined
  resets = 0
  validated = 0
  /** What close() was given. */
  readonly closed: number[] = []
  /** The answer to the next reset or validate; by default both succeed at once. */
  answer: Promise<void> = Promise.resolve()
  readonly break: (error: Error) => void

  constructor(onBroken: (error: Error) => void) {
    this.break = (error) => {
      this.broken = true
      onBroken(error)
    }
  }

  /** As a connection of sqlite. */
  async run(): Promise<undefined> {
    await this.answer
  }

  async reset(): Promise<void> {
    this.resets++
    await this.answer
    this.inTransaction = false
  }

  async validate(): Promise<void> {
    this.validated++
    await this.answer
  }

  async close(deadlineMs: number): Promise<void> {
    this.closed.push(deadlineMs)
  }
}

/** A pool over scripted connections, with what it reported to its observer. */
export function scriptedPool(changes: Partial<PoolSettings> = {}, sessions: Partial<Pick<Driver, 'sessionsOver'>> = {}) {
  const clock = new ManualClock()
  const connections: ScriptedConnection[] = []
  const told: string[] = []
  /** connect() waits for the entry of its turn; without one it succeeds at once. */
  const connects: (Promise<void> | undefined)[] = []
  let asked = 0
  const driver: Driver = {
    name: 'scripted',
    system: 'sqlite',
    target: 'nowhere',
    async connect(onBroken) {
      await connects[asked++]
      const connection = new ScriptedConnection(onBroken)
      connections.push(connection)
      return connection
    },
    ...sessions,
  }
  const settings: PoolSettings = {
    name: 'shop',
    required: false,
    min: 0,
    max: 2,
    step: 1,
    growWaitMs: 0,
    acquireTimeoutMs: 5000,
    connectTimeoutMs: 3_600_000,
    maxWaiting: 10,
    idleTimeoutMs: 600_000,
    validateAfterIdleMs: 30_000,
    leakAfterMs: 30_000,
    exhaustedAfterMs: 10_000,
    ...changes,
  }
  const observer = {
    exhausted: () => void told.push('exhausted'),
    recovered: () => void told.push('recovered'),
    leaked: (_: unknown, collected: boolean) => void told.push(collected ? 'collected' : 'leaked'),
    reclaimed: () => void told.push('reclaimed'),
    leakReturned: () => void told.push('leak returned'),
    heldLong: () => void told.push('held long'),
    connectionFailed: (error: Error) => void told.push(`failed: ${error.message}`),
  }
  const pool = new Pool(driver, settings, observer, clock)
  const site = { location: () => 'shop.ts:7', frames: () => [] }
  return {
    pool,
    clock,
    connections,
    connects,
    told,
    /** How often the driver was asked for a connection. */
    asked: () => asked,
    lend: () => pool.lend(site, true),
    /** Lends and waits for it. */
    lent: async () => {
      const borrow = await pool.lend(site, true)
      return { borrow, connection: borrow.entry.connection as ScriptedConnection }
    },
  }
}

/** What became of a promise so far. */
export async function outcomeOf(promise: unknown): Promise<string> {
  const settled = Promise.resolve(promise).then(
    () => 'lent',
    (error: { code?: string }) => error.code ?? 'an error without a code',
  )
  return await Promise.race([settled, turns().then(() => 'waiting')])
}
