/**
 * The state of a session as a request changes it: an object whose values are compared one by one, so that two requests which change different
 * values of one session both succeed, and none undoes what the other did.
 */

export type State = Record<string, unknown>

/** Each value as JSON; undefined values are absent. */
export type Values = ReadonlyMap<string, string>

export interface Merge {
  readonly values: Values
  /** Names of values that both have changed. Also in the same way: two that count from 1 to 2 have counted twice. */
  readonly conflicts: readonly string[]
}

export const parseState = (text: string): State => JSON.parse(text) as State

/** Throws what JSON.stringify throws. */
export function valuesOf(state: State): Values {
  const entries = Object.entries(state).map(([name, value]) => [name, JSON.stringify(value) as string | undefined] as const)
  return new Map(entries.filter((entry): entry is [string, string] => entry[1] !== undefined))
}

export const textOfValues = (values: Values): string =>
  `{${[...values].map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`

export function isSameState(one: Values, other: Values): boolean {
  return one.size === other.size && [...one].every(([name, json]) => other.get(name) === json)
}

/** What `mine` has changed since `base`, in `theirs`. */
export function merged(base: Values, mine: Values, theirs: Values): Merge {
  const values = new Map(theirs)
  const conflicts: string[] = []
  for (const name of new Set([...base.keys(), ...mine.keys()])) {
    const [before, wanted, now] = [base.get(name), mine.get(name), theirs.get(name)]
    if (wanted === before || (wanted === undefined && now === undefined)) continue
    if (now !== before) conflicts.push(name)
    else if (wanted === undefined) values.delete(name)
    else values.set(name, wanted)
  }
  return { values, conflicts }
}
