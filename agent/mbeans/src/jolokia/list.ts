/** The `list` request: domains, names and MBeanInfo as one tree, or a part of it. */
import type { Operations } from '@spyglass/agent/contract'
import type { Bean } from '@spyglass/agent/registry'
import { type Info, beanInfoOf, newInfo } from './bean-info.ts'
import type { Directory, Entry } from './directory.ts'
import { fail } from './errors.ts'
import { createLru } from './lru.ts'
import { type ObjectName, compilePattern, keyListOf, parseObjectName } from './object-name.ts'
import type { Parameters } from './parameters.ts'
import type { ListRequest } from './request.ts'

const SECTIONS = new Set(['attr', 'op', 'notif', 'class', 'desc', 'ctor', 'keys', 'interfaces'])
const REMEMBERED = 32
/** Placeholder for a domain or bean whose content was not requested. */
const PRESENT = 1

export type OperationsOf = (bean: Bean) => Operations

/** Answers list requests as JSON; `undefined` says nothing changed since `ifModifiedSince`. Cached until a bean is added or removed. */
export function createList(directory: Directory, operationsOf: OperationsOf): (request: ListRequest) => string | undefined {
  const known = createLru<string>(REMEMBERED)
  let generation = -1
  return ({ path, parameters }) => {
    const { ifModifiedSince } = parameters
    if (ifModifiedSince > 0 && directory.changedAt() < ifModifiedSince) return undefined
    if (directory.generation() !== generation) {
      known.clear()
      generation = directory.generation()
    }
    const key = JSON.stringify([path, flagsOf(parameters)])
    let text = known.get(key)
    if (text === undefined) {
      const lister = new Lister(directory, operationsOf, parameters)
      text = JSON.stringify(cut(lister.list(path), parameters))
      known.set(key, text)
    }
    return text
  }
}

function flagsOf({ maxDepth, canonicalNaming, listCache, listKeys, listInterfaces, openTypes }: Parameters): readonly unknown[] {
  return [maxDepth, canonicalNaming, listCache, listKeys, listInterfaces, openTypes]
}

interface Found {
  readonly bean: Bean
  readonly entry: Entry
  readonly cache: Info
  readonly section: string | undefined
}

class Lister {
  readonly #directory: Directory
  readonly #operationsOf: OperationsOf
  readonly #parameters: Parameters

  constructor(directory: Directory, operationsOf: OperationsOf, parameters: Parameters) {
    this.#directory = directory
    this.#operationsOf = operationsOf
    this.#parameters = parameters
  }

  list([domain = '*', keys = '*', section, item]: readonly string[]): unknown {
    const name = parseObjectName(`${domain}:${keys}`)
    if (!name.isPattern) return this.#one(name, `${domain}:${keys}`, section, item)
    const found = this.#tree(name, section)
    // A literal domain selects a subtree, a pattern filters the whole tree.
    return /[*?]/.test(domain) || this.#hasCache ? found : (found[domain] ?? {})
  }

  #one(name: ObjectName, mbean: string, section: string | undefined, item: string | undefined): unknown {
    const bean = this.#directory.resolve(mbean)
    if (!bean) throw fail('SPY_JOLOKIA_NO_MBEAN', [`InstanceNotFoundException for MBean ${mbean} (${mbean})`])
    if (section !== undefined) return sectionOf(this.#info(bean, name), section, item)
    return this.#namesOnly ? PRESENT : this.#info(bean, name)
  }

  /** Domains, names and MBeanInfo of all that match; only domains or names if no more depth is requested. */
  #tree(pattern: ObjectName, section: string | undefined): Info {
    const matches = compilePattern(pattern)
    const domains = newInfo()
    const cache = newInfo()
    for (const entry of this.#directory.entries()) {
      const bean = matches(entry.parsed) ? this.#directory.bean(entry) : undefined
      if (!bean) continue
      if (this.#parameters.maxDepth === 1 && this.#namesOnly) domains[entry.parsed.domain] = PRESENT
      else ((domains[entry.parsed.domain] ??= newInfo()) as Info)[this.#keyList(entry)] = this.#content({ bean, entry, cache, section })
    }
    return this.#hasCache ? { cache, domains } : domains
  }

  #content({ bean, entry, cache, section }: Found): unknown {
    if (this.#namesOnly) return PRESENT
    if (section === undefined) return this.#infoOrCacheKey(bean, entry.parsed, cache)
    return { [section]: sectionOf(this.#info(bean, entry.parsed), section, undefined) }
  }

  /** Depth 1 is domains, depth 2 names: deeper levels are not built. Open types nest deeper and are counted differently. */
  get #namesOnly(): boolean {
    const { maxDepth, openTypes } = this.#parameters
    return !openTypes && (maxDepth === 1 || maxDepth === 2)
  }

  get #hasCache(): boolean {
    return this.#parameters.listCache && !this.#namesOnly
  }

  #keyList(entry: Entry): string {
    return keyListOf(this.#parameters.canonicalNaming ? entry.parsed.canonical : entry.name)
  }

  /** All beans of a kind share one MBeanInfo; their keys differ, so with `listKeys` nothing is shared. */
  #infoOrCacheKey(bean: Bean, name: ObjectName, cache: Info): unknown {
    if (!this.#parameters.listCache || this.#parameters.listKeys) return this.#info(bean, name)
    const key = `${bean.kind.domain}:${bean.kind.name}`
    cache[key] ??= this.#info(bean, name)
    return key
  }

  #info(bean: Bean, name: ObjectName): Info {
    const info = beanInfoOf(bean.kind, this.#parameters, this.#operationsOf(bean))
    if (this.#parameters.listKeys) info['keys'] = Object.fromEntries(name.keys)
    return info
  }
}

/** One section, and as version 1 of the reference allowed, one entry of it. */
function sectionOf(info: Info, section: string, item: string | undefined): unknown {
  if (!SECTIONS.has(section)) throw fail('SPY_JOLOKIA_NO_SECTION', [section])
  const found = info[section] ?? {}
  if (item === undefined) return found
  if (typeof found !== 'object' || found === null || !Object.hasOwn(found, item)) throw fail('SPY_JOLOKIA_NO_ATTRIBUTE', [item])
  return (found as Info)[item]
}

/**
 * Cuts the answer at `maxDepth` levels below its top: an object there becomes the value `1` (its JSON text with `openTypes`), an array its JSON text,
 * and any other value a string. Depth 0 cuts nothing.
 */
function cut(tree: unknown, { maxDepth, openTypes }: Parameters): unknown {
  return maxDepth === 0 ? tree : cutAt(tree, maxDepth, openTypes)
}

function cutAt(tree: unknown, depth: number, openTypes: boolean): unknown {
  if (typeof tree !== 'object' || tree === null) return depth === 0 ? String(tree) : tree
  if (depth === 0) return Array.isArray(tree) || openTypes ? JSON.stringify(tree) : String(PRESENT)
  if (Array.isArray(tree)) return tree.map((item) => cutAt(item, depth - 1, openTypes))
  const result = newInfo()
  for (const [key, value] of Object.entries(tree)) result[key] = cutAt(value, depth - 1, openTypes)
  return result
}
