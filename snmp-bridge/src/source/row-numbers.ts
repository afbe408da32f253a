/**
 * Row numbers by name, on disk. A resource keeps its number across restarts, and a number is never reused, even when its
 * resource is gone: the graphs of an NMS depend on these numbers.
 */
import { type Damage, openStateFile, wrongShape } from '@spyglass/process/durable-file'

export interface RowNumbers {
  /** The number of `name` within `space`, from 1. A new number is valid once {@link save} has written it. */
  readonly numberOf: (space: string, name: string) => number
  /** Writes new numbers to disk, if there are any. If that fails, they are discarded. */
  readonly save: () => void
  /** The number, if it has been written. */
  readonly savedNumberOf: (space: string, name: string) => number | undefined
}

/** What is lost with a damaged file. */
export const damagedRows = {
  fromPrevious: 'rows added in the last change may get different numbers',
  lost: 'the rows of all tables are renumbered: data that an NMS recorded under a row number may belong to another resource',
}

type Spaces = Map<string, Map<string, number>>

export function openRowNumbers(path: string, onDamage: (damage: Damage) => void = () => {}): RowNumbers {
  const file = openStateFile<Readonly<Record<string, readonly string[]>>>({ file: path, parse: listsOf, onDamage })
  const spaces: Spaces = new Map()
  for (const [space, names] of Object.entries(file.read() ?? {})) spaces.set(space, new Map(names.map((name, i) => [name, i + 1])))
  const unsaved: { readonly space: string; readonly name: string }[] = []
  return {
    numberOf(space, name) {
      const names = spaces.get(space) ?? new Map<string, number>()
      spaces.set(space, names)
      const known = names.get(name)
      if (known !== undefined) return known
      const number = names.size + 1
      names.set(name, number)
      unsaved.push({ space, name })
      return number
    },
    save() {
      if (unsaved.length === 0) return
      try {
        file.write(Object.fromEntries([...spaces].map(([space, names]) => [space, [...names.keys()]])))
      } catch (error) {
        for (const { space, name } of unsaved) spaces.get(space)?.delete(name)
        throw error
      } finally {
        unsaved.length = 0
      }
    },
    savedNumberOf: (space, name) => spaces.get(space)?.get(name),
  }
}

/** In the file each space is a list of names in the order of their numbers. */
function listsOf(content: unknown): Readonly<Record<string, readonly string[]>> {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) throw wrongShape('it is not a map of lists')
  for (const [space, names] of Object.entries(content)) {
    if (!Array.isArray(names) || !names.every((name) => typeof name === 'string')) throw wrongShape(`${space} is not a list of names`)
    if (new Set(names).size < names.length) throw wrongShape(`${space} has a duplicate name`)
  }
  return content as Readonly<Record<string, readonly string[]>>
}
