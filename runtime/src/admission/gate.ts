/** The entry of one application: who is admitted, who is refused and why, and what its answers say of its load. */
import { AdaptiveLimit } from './adaptive-limit.ts'
import type { AdmissionSettings, Overload } from './admission-settings.ts'
import { LatencyLimit } from './latency-limit.ts'
import { Occupancy } from './occupancy.ts'
import { type RefusalReport, Refusing } from './refusing.ts'
import { RouteWeights } from './route-weights.ts'

/** The process that its applications share. */
export interface SharedLoad {
  /** What the event loop allows all together; Infinity: there is no limit. */
  readonly limit: number
  /** Places taken by all together, and requests of all that began in this turn. */
  readonly taken: number
  readonly begun: number
  /** So many may begin in a turn. */
  readonly pace: number
  now(): number
  /** The part of an application of the whole, among those that have requests under way. */
  partOf(gate: Gate): number
  /** A request has come. */
  wake(): void
}

export interface GateOptions {
  /** As they are now. */
  readonly settings: () => AdmissionSettings
  /** Path that asks whether the application is well: its requests are never refused. */
  readonly healthPath?: string | undefined
  /** How long the borrower has waited who waits longest for a connection of a pool of the application. */
  readonly poolWaitMs: () => number
  readonly report: RefusalReport
}

const NONE = Number.POSITIVE_INFINITY

export class Gate {
  readonly occupancy = new Occupancy()
  readonly refusing: Refusing
  readonly #options: GateOptions
  readonly #shared: SharedLoad
  readonly #pool = new AdaptiveLimit()
  readonly #latency = new LatencyLimit()
  #weights: RouteWeights
  #weightsOf: readonly string[]
  #peak = 0
  #minPoolWaitMs = NONE
  #refusedInWindow = 0

  constructor(options: GateOptions, shared: SharedLoad) {
    this.#options = options
    this.#shared = shared
    this.refusing = new Refusing(options.report)
    this.#weightsOf = options.settings().weights
    this.#weights = new RouteWeights(this.#weightsOf)
  }

  get settings(): AdmissionSettings {
    return this.#options.settings()
  }

  get state(): 'off' | 'open' | 'limiting' {
    if (!this.settings.enabled) return 'off'
    return this.limit === undefined ? 'open' : 'limiting'
  }

  /** Places that it has now; undefined: as many as come. */
  get limit(): number | undefined {
    if (!this.settings.enabled) return undefined
    const { limit } = this.#shared
    const least = Math.min(limit === NONE ? NONE : limit * this.#shared.partOf(this), this.#ownLimit)
    return least === NONE ? undefined : Math.floor(least)
  }

  get #ownLimit(): number {
    return Math.min(this.#pool.value, this.#latency.limit.value)
  }

  /** Whether it has to be looked at although no request comes. */
  get isUnsettled(): boolean {
    return this.#ownLimit !== NONE || this.refusing.isRefusing
  }

  /** Why a request is refused; undefined: it is to be admitted. The application sees of its address what comes after `pathAt` characters. */
  reasonAgainst(address: string, pathAt = 0): Overload | undefined {
    const { enabled, maxInFlight } = this.settings
    if (!enabled) return undefined
    this.#shared.wake()
    if (maxInFlight === undefined && this.#ownLimit === NONE && this.#shared.limit === NONE) return undefined
    const url = pathAt === 0 ? address : address.slice(pathAt)
    const reason = this.#isHealth(url) ? undefined : this.#overloadFor(this.#partFor(url))
    if (reason === undefined) return undefined
    this.#refusedInWindow++
    this.refusing.refused(reason, this.#shared.now())
    return reason
  }

  #overloadFor(part: number): Overload | undefined {
    const { taken, inFlight } = this.occupancy
    if (inFlight >= (this.settings.maxInFlight ?? NONE) * Math.min(1, part)) return 'overloaded_limit'
    if (taken >= this.#pool.value * part) return 'overloaded_pool'
    if (taken >= this.#latency.limit.value * part) return 'overloaded_latency'
    const { limit } = this.#shared
    if (limit === NONE || !isFull(this.#shared, limit * part)) return undefined
    return isFull(this.occupancy, limit * part * this.#shared.partOf(this)) ? 'overloaded_loop' : undefined
  }

  #partFor(url: string): number {
    const { weights } = this.settings
    if (weights !== this.#weightsOf) this.#weights = new RouteWeights((this.#weightsOf = weights))
    return this.#weights.of(url)
  }

  #isHealth(url: string): boolean {
    const { healthPath } = this.#options
    return healthPath !== undefined && url.startsWith(healthPath) && (url.length === healthPath.length || url[healthPath.length] === '?')
  }

  /** How long it has been refusing; 0: it does not. */
  get refusingMs(): number {
    return this.refusing.durationMs(this.#shared.now())
  }

  /** Whether answers are timed. */
  get isTimed(): boolean {
    return this.settings.latencyMs !== undefined
  }

  /** A request was answered, in so many milliseconds. */
  answered(durationMs: number): void {
    this.#latency.answered(durationMs > (this.settings.latencyMs ?? NONE))
  }

  /** A turn of the event loop has ended. */
  turn(): void {
    this.#peak = Math.max(this.#peak, this.occupancy.taken, this.occupancy.begun)
    this.#minPoolWaitMs = Math.min(this.#minPoolWaitMs, this.#options.poolWaitMs())
    this.occupancy.turn()
  }

  /** A window has ended. Returns what the limit of all needs to know of it. */
  windowEnded(now: number): { readonly peak: number; readonly refused: number; readonly ended: number } {
    const [peak, refused] = [this.#peak, this.#refusedInWindow]
    const ended = this.occupancy.windowEnded()
    this.#adapt(peak, refused)
    this.#peak = this.#refusedInWindow = 0
    this.#minPoolWaitMs = NONE
    this.refusing.look(now)
    return { peak, refused, ended }
  }

  #adapt(peak: number, refused: number): void {
    const { enabled, poolWaitMs } = this.settings
    if (!enabled) return [this.#pool, this.#latency.limit].forEach((limit) => limit.lift())
    const strain = this.#minPoolWaitMs === NONE ? 0 : this.#minPoolWaitMs / poolWaitMs
    const seen = { peak, refused, occupied: this.occupancy.taken }
    this.#pool.step({ ...seen, strain, isBusy: strain > 0 })
    this.#latency.windowEnded(seen)
  }
}

/**
 * Of a limit, only a part may begin in one turn: what begins together would wait together and compute together, and the loop would be idle and late by turns.
 * How large a part depends on what ends in a turn, but for handlers that never wait: of these all that begin end.
 */
const TURNS = 4
/** Turns may be longer than they should: with one in each, the loop would have nothing to do for the rest. */
const MIN_BEGUN = 2

interface Load {
  readonly taken: number
  readonly begun: number
  readonly pace: number
}

const isFull = ({ taken, begun, pace }: Load, limit: number): boolean =>
  taken >= limit || begun >= Math.max(1, Math.min(pace, Math.max(MIN_BEGUN, limit / TURNS)))
