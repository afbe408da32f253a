/** A pool as the registry, the log and the agent see it: two kinds of resources, its events and its log lines. */
import { type Holder, type Registry, type SpyglassEvent, currentAgent, objectNameOf } from '@spyglass/agent'
import { kinds } from '@spyglass/mbeans/kinds'
import { attr, incidentId } from '@spyglass/agent/contract'
import type { Getters } from '@spyglass/agent/contract'
import type { EventInput } from '@spyglass/agent/registry'
import type { Logger } from '@spyglass/process/logger'
import { fail } from './errors.ts'
import type { Borrow } from './pool/index.ts'
import type { Pool, PoolObserver } from './pool/index.ts'
import { within } from '../clock/index.ts'
import { autopsyOf, longestHeld } from './sessions/index.ts'

export interface PoolSurroundings {
  /** Name of the instance that holds the pool. */
  readonly instance: string
  /** The application that has the instance for itself. */
  readonly application?: string | undefined
  readonly registry: Registry
  readonly logger: Logger
}

/** How long the event of an exhausted pool waits for what the database says: it is to be there within a second. */
const AUTOPSY_MS = 500

/** Reports what a pool notices. The pool is given afterwards because each needs the other. */
export class PoolReporter implements PoolObserver {
  readonly #surroundings: PoolSurroundings
  readonly #name: string
  readonly #resource: string
  #pool: Pool | undefined
  #incident: SpyglassEvent | undefined
  /** The pool is exhausted, and the database is asked about that. */
  #isAsking = false

  constructor(name: string, surroundings: PoolSurroundings) {
    this.#name = name
    this.#surroundings = surroundings
    this.#resource = objectNameOf(kinds.datasource, { instance: surroundings.instance, name })
  }

  /** Shows the pool in the registry, with what it has as that of a group; the result takes it out again. */
  show(pool: Pool, group?: GroupGetters): () => void {
    this.#pool = pool
    const { registry, instance } = this.#surroundings
    return registry.register(kinds.datasource, { instance, name: this.#name }, datasourceGetters(pool, instance, group))
  }

  exhausted(): void {
    const pool = this.#pool
    if (!pool?.driver.sessionsOver) return this.#raise()
    this.#isAsking = true
    const late = (): Error => fail('SPY_CONNECTION_SILENT', [pool.driver.target, AUTOPSY_MS])
    within(pool.clock, AUTOPSY_MS, autopsyOf(pool), late).then(
      (holders) => this.#raiseUnlessRaised(holders),
      (error: unknown) => {
        this.#surroundings.logger.warn({ pool: this.#name, err: error }, 'no autopsy')
        this.#raiseUnlessRaised()
      },
    )
  }

  /** The pool may have recovered while the database was asked. */
  #raiseUnlessRaised(holders?: readonly Holder[]): void {
    if (!this.#isAsking) return
    this.#isAsking = false
    this.#raise(holders)
  }

  #raise(found?: readonly Holder[]): void {
    const { logger } = this.#surroundings
    const { attributes, holders: present } = this.#evidence()
    const holders = found ?? present
    this.#incident = this.#emit({
      name: 'spyglass.pool.exhausted',
      resource: this.#resource,
      message: `pool ${this.#name}: all ${attributes.max} connections are lent and ${attributes.waiting} borrowers are waiting`,
      attributes,
      holders,
    })
    logger.error({ pool: this.#name, ...attributes, incidentId: this.#incident.incidentId, holders }, 'pool exhausted')
  }

  recovered(): void {
    this.#raiseUnlessRaised()
    if (!this.#incident) return
    const { logger } = this.#surroundings
    const { incidentId, time } = this.#incident
    this.#incident = undefined
    const { attributes } = this.#evidence()
    this.#emit({
      name: 'spyglass.pool.recovered',
      resource: this.#resource,
      message: `pool ${this.#name} lends connections again`,
      incidentId,
      attributes: { ...attributes, durationMs: Date.now() - time },
    })
    logger.info({ pool: this.#name, ...attributes, incidentId }, 'pool recovered')
  }

  leaked(borrow: Borrow, collected: boolean): void {
    const { logger } = this.#surroundings
    const holder = { ...borrow.holder(this.#now()), leaked: true }
    const why = collected ? 'was garbage-collected unreturned' : `has been held for ${holder.heldMs} ms with no statement running`
    const event = this.#emit({
      name: 'spyglass.pool.leak',
      resource: this.#resource,
      // several that were borrowed together are found at the same moment
      incidentId: incidentId('spyglass.pool.leak', `${this.#resource},connection=${holder.connection}`, Date.now()),
      message: `pool ${this.#name}: connection ${holder.connection} ${why}; borrowed at ${borrow.describe()}`,
      attributes: { pool: this.#name, connection: holder.connection, heldMs: holder.heldMs, collected },
      holders: [holder],
    })
    logger.warn({ pool: this.#name, collected, incidentId: event.incidentId, holder }, 'connection leaked')
    borrow.asker.context?.runInAsyncScope(() => currentAgent()?.markLeak())
  }

  leakReturned(borrow: Borrow): void {
    const holder = borrow.holder(this.#now())
    this.#surroundings.logger.info({ pool: this.#name, holder }, 'leaked connection returned')
  }

  reclaimed(borrow: Borrow): void {
    const holder = borrow.holder(this.#now())
    this.#surroundings.logger.warn({ code: 'SPY_CONNECTION_RECLAIMED', pool: this.#name, holder }, 'connection reclaimed')
  }

  heldLong(borrow: Borrow): void {
    const { registry, instance } = this.#surroundings
    const keys = { instance, datasource: this.#name, connection: String(borrow.entry.id) }
    const now = (): number => this.#now()
    borrow.unregister = registry.register(kinds.borrower, keys, {
      instance: () => instance,
      datasource: () => this.#name,
      connection: () => borrow.entry.id,
      held: () => Math.round(now() - borrow.since),
      route: () => borrow.asker.route,
      traceId: () => borrow.asker.traceId,
      statement: () => borrow.statement(),
      running: () => borrow.isRunning,
      leaked: () => borrow.leaked,
      location: () => borrow.asker.site.location(),
      stack: () => borrow.asker.site.frames(),
    })
  }

  connectionFailed(error: Error): void {
    this.#surroundings.logger.error({ pool: this.#name, err: error }, 'connection failed')
  }

  #emit(event: EventInput): SpyglassEvent {
    const { registry, application } = this.#surroundings
    const whose = application === undefined ? {} : { [attr.application]: application }
    return registry.emit({ ...event, attributes: { ...event.attributes, ...whose } })
  }

  #now(): number {
    return this.#pool?.clock.now() ?? 0
  }

  #evidence(): { attributes: Record<string, string | number>; holders: readonly Holder[] } {
    const pool = this.#pool
    if (!pool) return { attributes: {}, holders: [] }
    const { borrows, waiting, figures, settings } = pool
    return {
      attributes: { pool: this.#name, active: borrows.size, max: settings.max, waiting, timeouts: figures.timeouts },
      holders: holdersOf(pool),
    }
  }
}

/** Who holds connections, longest first. */
export function holdersOf(pool: Pool): readonly Holder[] {
  const now = pool.clock.now()
  return longestHeld(pool).map((borrow) => borrow.holder(now))
}

/** Attributes that a datasource has with members alone. */
type GroupGetters = Pick<Getters<typeof kinds.datasource>, 'failovers' | 'members'>

const NO_GROUP: GroupGetters = { failovers: () => undefined, members: () => undefined }

function datasourceGetters(pool: Pool, instance: string, group = NO_GROUP) {
  const { driver, figures } = pool
  return {
    instance: () => instance,
    name: () => pool.settings.name,
    state: () => pool.state,
    driver: () => driver.name,
    target: () => driver.target,
    minConnections: () => pool.settings.min,
    maxConnections: () => pool.settings.max,
    serverConnections: () => pool.serverConnections,
    activeConnections: () => pool.borrows.size,
    idleConnections: () => pool.idle,
    waitingBorrowers: () => pool.waiting,
    peakActive: () => figures.peakActive,
    created: () => figures.created,
    closed: () => figures.closed,
    borrows: () => figures.borrows,
    timeouts: () => figures.timeouts,
    leaks: () => figures.leaks,
    reclaimed: () => figures.reclaimed,
    leakedNow: () => [...pool.borrows.values()].filter((borrow) => borrow.leaked).length,
    unknownCommits: () => (pool.commits ? figures.unknownCommits : undefined),
    ...group,
    waitP95: () => figures.waitP95,
    useP95: () => figures.useP95,
    lastError: () => figures.lastError,
    lastErrorTime: () => figures.lastErrorTime || undefined,
    borrowers: () => borrowersOf(pool),
  }
}

function borrowersOf(pool: Pool) {
  const now = pool.clock.now()
  return longestHeld(pool).map((borrow) => ({
    connection: borrow.entry.id,
    heldMs: Math.round(now - borrow.since),
    route: borrow.asker.route,
    traceId: borrow.asker.traceId,
    statement: borrow.statement(),
    running: borrow.isRunning,
    leaked: borrow.leaked,
    location: borrow.asker.site.location(),
  }))
}
