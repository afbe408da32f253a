/** Reports damaged state files: in the log at once, and as an event as soon as a listener exists. */
import { objectNameOf } from '@spyglass/agent/contract'
import { kinds } from '@spyglass/mbeans/kinds'
import type { EventInput } from '@spyglass/agent/registry'
import { fail } from './errors.ts'
import type { Damage } from './state-file.ts'

/** What the damage costs, in words: if the previous copy was restored, and if nothing was. */
export interface Consequences {
  readonly fromPrevious: string
  readonly lost: string
}

/** The message for an operator, with its code. */
export function damageError({ file, reason, setAside, fromPrevious }: Damage, consequences: Consequences) {
  const where = setAside === undefined ? 'It could not be moved' : `It was set aside as ${setAside}`
  return fail('SPY_STATE_DAMAGED', [file, reason, where, fromPrevious ? consequences.fromPrevious : consequences.lost])
}

export interface DamageReporterOptions {
  readonly serverName: string
  readonly log: (fields: { readonly code: string }, message: string) => void
  readonly emit: (event: EventInput) => void
}

/** Returns the `onDamage` of a state file, from what its damage costs. */
export type DamageReporter = (consequences: Consequences) => (damage: Damage) => void

export function damageReporter({ serverName, log, emit }: DamageReporterOptions): DamageReporter {
  return (consequences) => (damage) => {
    const { code, message } = damageError(damage, consequences)
    log({ code }, message)
    const resource = objectNameOf(kinds.server, { name: serverName })
    emit({ name: 'spyglass.state.damaged', resource, message, attributes: { file: damage.file, reason: damage.reason } })
  }
}
