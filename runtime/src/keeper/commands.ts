/** Commands of the keeper: reloads, one instance at a time. */
import type { CommandVerb } from '@spyglass/agent/contract'
import { fail } from '../errors.ts'
import type { NoteInput } from './incidents.ts'
import { factsOf } from './self-report.ts'
import type { Slot } from './slot.ts'

const DRAIN_MS = 10_000

export interface CommandsOptions {
  readonly slots: ReadonlyMap<string, Slot>
  readonly instances: readonly Slot[]
  /** ObjectName of the resource that an event about this slot is about. */
  readonly resourceOf: (slot: Slot) => string
  readonly note: (note: Omit<NoteInput, 'time'>) => void
}

export class Commands {
  readonly #options: CommandsOptions

  constructor(options: CommandsOptions) {
    this.#options = options
  }

  /**
   * Resolves with what was done. An empty target means all instances.
   * @throws SPY_PART_UNKNOWN, SPY_SERVER_REFUSED, or why a reload failed
   */
  async run(verb: CommandVerb, target: string): Promise<string> {
    const slots = this.#slotsFor(target)
    if (verb !== 'reload') throw fail('SPY_SERVER_REFUSED', [`${verb} is not supported`])
    for (const slot of slots) await this.#reload(slot)
    return `reloaded ${slots.map(({ name }) => name).join(', ')}`
  }

  #slotsFor(target: string): readonly Slot[] {
    const { slots, instances } = this.#options
    const found = target === '' ? instances : [slots.get(target)].filter((slot) => slot !== undefined)
    if (found.length === 0) throw fail('SPY_PART_UNKNOWN', [target, [...slots.keys()].join(', ')])
    return found
  }

  async #reload(slot: Slot): Promise<void> {
    const { instances, resourceOf, note } = this.#options
    const resource = resourceOf(slot)
    try {
      await slot.reload(DRAIN_MS)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      note({
        name: 'spyglass.instance.reload_failed',
        resource,
        message: `reload of ${slot.name} failed; the old generation keeps serving: ${reason}`,
      })
      throw error
    }
    if (!instances.includes(slot)) return
    note({ name: 'spyglass.instance.reloaded', resource, message: `${slot.name} was reloaded`, attributes: factsOf(slot) })
  }
}
