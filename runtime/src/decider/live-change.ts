/** Changes of live settings, as running processes take them in. */
import type { LiveValue } from '@spyglass/process/live-settings'
import type { Reader } from '@spyglass/process/settings'
import type { DesiredProcess } from './reconciler/index.ts'

/** A new value of a live setting, and who reads it. */
export interface LiveChange {
  readonly value: LiveValue
  readonly readBy: readonly Reader[]
}

/** The values that concern a process. */
export function valuesFor({ kind, name }: DesiredProcess, changes: readonly LiveChange[]): readonly LiveValue[] {
  const reader: Reader = kind === 'instance' ? 'instances' : (name as Reader)
  return changes.filter(({ readBy }) => readBy.includes(reader) || readBy.includes('server')).map(({ value }) => value)
}
