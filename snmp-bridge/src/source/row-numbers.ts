/**
 * Row numbers by name, on disk: a resource keeps its number over restarts, and no number is given twice, also when its
 * resource is gone. Graphs of an NMS hang on these numbers.
 */
import { existsSync, readFileSync } from 'node:fs'
import { fail } from '../errors.ts'
import { writeDurably } from '@spyglass/process/durable-file'

export interface RowNumbers {
  /** The number of `name` within `space`, from 1. A new one counts only once {@link save} has put it on disk. */
  numberOf(space: string, name: string): number
  /** Writes to disk what is new; does nothing when nothing is. */
  save(): void
}

/** @throws SPY_SNMP_STATE */
export function openRowNumbers(file: string): RowNumbers {
  const spaces = readSpaces(file)
  let changed = false
  return {
    numberOf(space, name) {
      const names = spaces.get(space) ?? new Map<string, number>()
      spaces.set(space, names)
      const known = names.get(name)
      if (known !== undefined) return known
      const number = names.size + 1
      names.set(name, number)
      changed = true
      return number
    },
    save() {
      if (!changed) return
      const content = Object.fromEntries([...spaces].map(([space, names]) => [space, [...names.keys()]]))
      writeDurably(file, `${JSON.stringify(content, undefined, 1)}\n`)
      changed = false
    },
  }
}

/** In the file each space is a list of names in the order of their numbers. */
function readSpaces(file: string): Map<string, Map<string, number>> {
  if (!existsSync(file)) return new Map()
  return new Map(
    Object.entries(parseFile(file)).map(([space, names]) => {
      if (!isNames(names)) throw fail('SPY_SNMP_STATE', [file, `${space} is no list of names`])
      return [space, new Map(names.map((name, i) => [name, i + 1]))]
    }),
  )
}

function parseFile(file: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
  } catch (error) {
    throw fail('SPY_SNMP_STATE', [file, error instanceof Error ? error.message : String(error)], error)
  }
}

const isNames = (value: unknown): value is string[] => Array.isArray(value) && value.every((name) => typeof name === 'string')
