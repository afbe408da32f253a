/** The `list` request: domains, names and MBeanInfo as one tree, or a part of it. */
import type { Bean } from '@spyglass/agent/registry'
import { type Info, type Operations, beanInfoOf, newInfo } from './bean-info.ts'
import type { Directory, Entry } from './directory.ts'
import { fail } from './errors.ts'
import { createLru } from './lru.ts'
import { type ObjectName, compilePattern, keyListOf, parseObjectName } from './object-name.ts'
import type { Parameters } from './parameters.ts'
import type { ListRequest } from './request.ts'

const SECTIONS = new Set(['attr', 'op', 'notif', 'class', 'desc', 'ctor', 'keys', 'interfaces'])
const REMEMBERED = 32
/** No listing nests deeper: a greater maxDepth cuts nothing. */
const DEEPEST_LIST = 12

export type OperationsOf = (bean: Bean) => Operations

/** Answers list requests as JSON; `undefined` says nothing changed since `ifModifiedSince`. Remembered until a bean comes or goes. */
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
      text = JSON.stringify(cut(lister.list(path), path, parameters.maxDepth))
      known.set(key, text)
    }
    return text
  }
}

function flagsOf({ maxDepth, canonicalNaming, listCache, listKeys, listInterfaces, openTypes }: Parameters): readonly unknown[] {
  return [maxDepth, canonicalNaming, listCache, listKeys, listInterfaces, openTypes]
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

  list(path: readonly string[]): unknown {
    const [domain, keys, section, item] = path
    if (domain === undefined) return this.#domains(this.#directory.entries())
    if (keys === undefined) return this.#domain(domain)
    const name = parseObjectName(`${domain}:${keys}`)
    if (name.isPattern) return this.#matching(name)
    const bean = this.#directory.resolve(`${domain}:${keys}`)
    if (!bean) throw fail('SPY_JOLOKIA_NO_MBEAN', [`InstanceNotFoundException for MBean ${domain}:${keys} (${domain}:${keys})`])
    const info = this.#info(bean, name)
    return section === undefined ? info : sectionOf(info, section, item)
  }

  #domains(entries: readonly Entry[]): unknown {
    const domains = newInfo()
    const cache = newInfo()
    for (const entry of entries) {
      const bean = this.#directory.bean(entry)
      if (!bean) continue
      const domain = (domains[entry.parsed.domain] ??= newInfo()) as Info
      domain[this.#keyList(entry)] = this.#infoOrCacheKey(bean, entry.parsed, cache)
    }
    return this.#parameters.listCache ? { cache, domains } : domains
  }

  /** One domain: its names alone, or with the cache in the form of the whole list. */
  #domain(domain: string): unknown {
    const entries = this.#directory.entries().filter(({ parsed }) => parsed.domain === domain)
    const all = this.#domains(entries)
    return this.#parameters.listCache ? all : ((all as Info)[domain] ?? {})
  }

  #matching(pattern: ObjectName): unknown {
    const matches = compilePattern(pattern)
    const found = newInfo()
    for (const entry of this.#directory.entries()) {
      const bean = matches(entry.parsed) ? this.#directory.bean(entry) : undefined
      if (bean) found[this.#keyList(entry)] = this.#info(bean, entry.parsed)
    }
    return found
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

/** Names alone for depth 1 and 2, the value `1` standing for what is below; deeper cuts turn what is below into text. */
function cut(tree: unknown, path: readonly string[], maxDepth: number): unknown {
  if (maxDepth === 0 || maxDepth >= DEEPEST_LIST) return tree
  return cutAt(tree, maxDepth, path.length + maxDepth <= 2)
}

function cutAt(tree: unknown, depth: number, namesOnly: boolean): unknown {
  if (depth === 0) return namesOnly ? '1' : asText(tree)
  if (typeof tree !== 'object' || tree === null) return tree
  if (Array.isArray(tree)) return tree.map((item) => cutAt(item, depth - 1, namesOnly))
  const result = newInfo()
  for (const [key, value] of Object.entries(tree)) result[key] = cutAt(value, depth - 1, namesOnly)
  return result
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
