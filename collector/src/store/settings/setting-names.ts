/** What the engine knows of its settings, read once at the start. */
import type { AllowedSettings } from './allowed.ts'

/** Reads name, type and value of each, as they are for who asks. */
export const SETTINGS_QUERY = 'SELECT name, type, value FROM system.settings'

export interface KnownSettings {
  /** Type of a setting, `Bool` or `UInt64`; undefined when there is none of that name. */
  typeOf(name: string): string | undefined
  /** Whether it has this value anyway. */
  hasValue(name: string, value: string): boolean
  /** Those that a reader may change. */
  readonly allowed: readonly string[]
}

export function knownSettings(rows: readonly (readonly string[])[], rules: AllowedSettings): KnownSettings {
  const types = new Map(rows.map(([name = '', type = '']) => [name, type]))
  const values = new Map(rows.map(([name = '', , value]) => [name, value]))
  return {
    typeOf: (name) => types.get(name),
    hasValue: (name, value) => values.get(name) === (types.get(name) === 'Bool' ? digitOf(value) : value),
    allowed: [...types.keys()].filter((name) => rules(name) !== undefined).toSorted(),
  }
}

/** A Bool can be written as a word; the engine lists it as a digit. */
const digitOf = (value: string): string => ({ true: '1', false: '0' })[value] ?? value
