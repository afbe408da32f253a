/**
 * A rehearsal: a raise and its clear that go the way of a true one, to the notification, the trap, the page and Alertmanager, so that a server
 * shows before it matters that they arrive. It is about a resource that does not exist, so it never counts against a real one. If this process
 * ends before, management clears it, as it clears all that a process leaves open.
 */
import { objectNameOf, type SpyglassEvent } from '@spyglass/agent/contract'
import type { Registry } from '@spyglass/agent/registry'
import { kinds } from '@spyglass/mbeans/kinds'
import { english } from '../words/index.ts'
import { fail } from './errors.ts'

const REHEARSAL = 'rehearsal'

/** Longer than Alertmanager usually waits before it tells anyone. */
const DEFAULT_SECONDS = 60
const [MIN_SECONDS, MAX_SECONDS] = [5, 600]

export interface RehearsalsOptions {
  readonly registry: Pick<Registry, 'emit'>
  /** Calls back after a time, and returns what cancels it. Default: a timer. */
  readonly later?: (call: () => void, ms: number) => () => void
}

export class Rehearsals {
  readonly #registry: RehearsalsOptions['registry']
  readonly #later: NonNullable<RehearsalsOptions['later']>
  #running: (() => void) | undefined

  constructor({ registry, later = afterTime }: RehearsalsOptions) {
    this.#registry = registry
    this.#later = later
  }

  /** The id of its incident, which clears by itself. One that still runs is ended first. @throws SPY_REHEARSAL_INVALID */
  begin(given: Readonly<Record<string, unknown>>): string {
    const { rule, seconds = DEFAULT_SECONDS, actor } = given
    if (String(rule).toLowerCase() !== 'poolexhausted')
      throw fail('SPY_REHEARSAL_INVALID', [`there is a rehearsal of PoolExhausted, not of ${String(rule).slice(0, 100)}`])
    if (typeof seconds !== 'number' || seconds < MIN_SECONDS || seconds > MAX_SECONDS)
      throw fail('SPY_REHEARSAL_INVALID', [`seconds is a number from ${MIN_SECONDS} to ${MAX_SECONDS}`])
    this.#end()
    const by = String(actor)
    const raised = this.#emit('spyglass.pool.exhausted', { message: english.rehearsal(by), attributes: { by } })
    const cancel = this.#later(() => this.#end(), seconds * 1000)
    this.#running = () => {
      cancel()
      this.#emit('spyglass.pool.recovered', { message: 'The rehearsal is over.', incidentId: raised.incidentId })
    }
    return raised.incidentId
  }

  #end(): void {
    const running = this.#running
    this.#running = undefined
    running?.()
  }

  #emit(
    name: 'spyglass.pool.exhausted' | 'spyglass.pool.recovered',
    { attributes = {}, ...said }: Pick<SpyglassEvent, 'message'> & Partial<Pick<SpyglassEvent, 'incidentId' | 'attributes'>>,
  ): SpyglassEvent {
    return this.#registry.emit({ name, resource: POOL, ...said, attributes: { rehearsal: true, ...attributes } })
  }
}

const POOL = objectNameOf(kinds.datasource, { instance: REHEARSAL, name: REHEARSAL })

function afterTime(call: () => void, ms: number): () => void {
  const timer = setTimeout(call, ms).unref()
  return () => clearTimeout(timer)
}
