/** Changes of live settings, as running processes take them in. */
import type { LiveValue } from '@spyglass/process/live-settings'
import type { Reader } from '@spyglass/process/settings'
import type { DesiredProcess } from './reconciler/index.ts'
import type { ProcessPlan } from './server-plan.ts'

/** A new value of a live setting, and who reads it. */
export interface LiveChange {
  readonly value: LiveValue
  readonly readBy: readonly Reader[]
}

/** The values that concern a process. `entries` are its own, see {@link ProcessPlan.entries}. */
export function valuesFor(
  { kind, name }: DesiredProcess,
  changes: readonly LiveChange[],
  entries: ProcessPlan['entries'] = {},
): readonly LiveValue[] {
  const reader: Reader = kind === 'instance' ? 'instances' : (name as Reader)
  const reads = ({ readBy }: LiveChange): boolean => readBy.includes(reader) || readBy.includes('server')
  const has = ({ path: [list = '', entry = ''] }: LiveValue): boolean => entries[list]?.includes(entry) ?? true
  return changes.filter((change) => reads(change) && has(change.value)).map(({ value }) => value)
}
