/** Looks up beans: by any spelling of a name, or by pattern. Rebuilt when a bean is added or removed. */
import { codeOf } from '@spyglass/agent/contract'
import type { Bean, Registry } from '@spyglass/agent/registry'
import { createLru } from './lru.ts'
import { type ObjectName, compilePattern, parseObjectName } from './object-name.ts'

/** The part of a registry that the endpoint reads. */
export type BeanSource = Pick<Registry, 'beans' | 'find' | 'generation'>

export interface Entry {
  /** As registered. */
  readonly name: string
  readonly parsed: ObjectName
}

export interface Directory {
  /** The bean under any spelling of its name. */
  resolve(mbean: string): Bean | undefined
  /** The names that match a pattern; an exact name matches itself. */
  match(mbean: string): readonly Entry[]
  entries(): readonly Entry[]
  bean(entry: Entry): Bean | undefined
  /** Generation of the source, once the directory is up to date with it. */
  generation(): number
  /** When a bean was last added or removed, in whole seconds since the epoch, as observed by requests. */
  changedAt(): number
}

const PATTERNS_REMEMBERED = 200

/** Beans are looked up for each read and not cached: a push replaces them without a new generation. */
export function createDirectory(source: BeanSource, now: () => number): Directory {
  let generation = -1
  let changedAt = 0
  let entries: readonly Entry[] = []
  let byCanonical = new Map<string, string>()
  const matches = createLru<readonly Entry[]>(PATTERNS_REMEMBERED)

  function refresh(): void {
    if (generation === source.generation) return
    generation = source.generation
    changedAt = Math.floor(now() / 1000)
    entries = [...source.beans()].flatMap(({ name }) => entryOf(name))
    byCanonical = new Map(entries.map(({ name, parsed }) => [parsed.canonical, name]))
    matches.clear()
  }

  function match(mbean: string): readonly Entry[] {
    refresh()
    const known = matches.get(mbean)
    if (known) return known
    const pattern = parseObjectName(mbean)
    const test = compilePattern(pattern)
    const found = entries.filter(({ parsed }) => (pattern.isPattern ? test(parsed) : parsed.canonical === pattern.canonical))
    matches.set(mbean, found)
    return found
  }

  return {
    resolve(mbean) {
      const direct = source.find(mbean)
      if (direct) return direct
      refresh()
      const name = byCanonical.get(parseObjectName(mbean).canonical)
      return name === undefined ? undefined : source.find(name)
    },
    match,
    entries() {
      refresh()
      return entries
    },
    bean: (entry) => source.find(entry.name),
    generation() {
      refresh()
      return generation
    },
    changedAt() {
      refresh()
      return changedAt
    },
  }
}

/** A pushed bean may have keys that do not make a valid name: it is not shown; the others are. */
function entryOf(name: string): readonly Entry[] {
  try {
    return [{ name, parsed: parseObjectName(name) }]
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return []
  }
}
