/** What the engine knows of its settings, read once at the start. */
import type { AllowedSettings } from './allowed.ts'

/** Reads name and type of each. */
export const SETTINGS_QUERY = 'SELECT name, type FROM system.settings'

export interface KnownSettings {
  /** Type of a setting, `Bool` or `UInt64`; undefined when there is none of that name. */
  typeOf(name: string): string | undefined
  /** Those that a reader may change. */
  readonly allowed: readonly string[]
}

export function knownSettings(rows: readonly (readonly string[])[], rules: AllowedSettings): KnownSettings {
  const types = new Map(rows.map(([name = '', type = '']) => [name, type]))
  return {
    typeOf: (name) => types.get(name),
    allowed: [...types.keys()].filter((name) => rules(name) !== undefined).toSorted(),
  }
}
