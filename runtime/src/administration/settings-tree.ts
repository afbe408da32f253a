/**
 * Settings as a tree of what a file says, before it is checked, and as the tree of what was checked: reading and replacing by the parts of a
 * dotted name. Trees are never modified; an edit makes a new one.
 */
import { formatName, type List, type Node, type Section, type Setting, type Settings, spyglassSettings } from '@spyglass/process/settings'
import { fail } from './errors.ts'

export type Tree = Readonly<Record<string, unknown>>
export type Path = readonly string[]

export const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value)

/** What a name names. */
export type Target =
  | { readonly type: 'section'; readonly node: Section | List }
  | { readonly type: 'entry'; readonly node: List }
  | { readonly type: 'setting'; readonly node: Setting; readonly group: Section | List | undefined; readonly within: boolean }

/** What a path leads to by the declarations, whether or not such an entry exists. @throws SPY_ADMIN_NAME_UNKNOWN */
export function targetOf(path: Path): Target {
  const found = find(spyglassSettings, path, undefined)
  if (!found) throw fail('SPY_ADMIN_NAME_UNKNOWN', [formatName(path)])
  return found
}

function find(settings: Settings, [name = '', ...rest]: Path, group: Section | List | undefined): Target | undefined {
  const node = own(settings, name)
  if (node === undefined) return undefined
  if (node.type === 'section') return rest.length === 0 ? { type: 'section', node } : find(node.settings, rest, node)
  if (node.type !== 'list') return ofSetting(node, rest, group)
  if (rest.length === 0) return { type: 'section', node }
  return rest.length === 1 ? { type: 'entry', node } : find(node.settings, rest.slice(1), node)
}

/** Behind the name of a map may stand one of its names. */
function ofSetting(node: Setting, rest: Path, group: Section | List | undefined): Target | undefined {
  if (rest.length > (node.type === 'map' ? 1 : 0)) return undefined
  return { type: 'setting', node, group, within: rest.length === 1 }
}

/** The value at a path; undefined where there is none. */
export function valueAt(tree: Tree, path: Path): unknown {
  return readIn(spyglassSettings, tree, path)
}

function readIn(settings: Settings, tree: Tree, [name = '', ...rest]: Path): unknown {
  const node = own(settings, name)
  const value = own(tree, name)
  if (node?.type === 'list') {
    if (rest.length === 0) return value
    const entry = entriesOf(node, value).find((candidate) => keyOf(node, candidate) === rest[0])
    return rest.length === 1 || entry === undefined ? entry : readIn(node.settings, entry, rest.slice(1))
  }
  if (rest.length === 0) return value
  if (!isTree(value)) return undefined
  return node?.type === 'section' ? readIn(node.settings, value, rest) : own(value, rest[0] ?? '')
}

/** A new tree in which the value at a path is another; undefined removes it. @throws SPY_ADMIN_NAME_UNKNOWN when an entry on the way is missing */
export function withValue(tree: Tree, path: Path, value: unknown): Tree {
  return writeIn(spyglassSettings, tree, { path, at: 0, value })
}

interface Write {
  readonly path: Path
  /** Index of the part of the path that is next. */
  readonly at: number
  readonly value: unknown
}

function writeIn(settings: Settings, tree: Tree, write: Write): Tree {
  const { path, at, value } = write
  const name = path[at] ?? ''
  const node = own(settings, name)
  const current = own(tree, name)
  const isLast = at === path.length - 1
  if (node?.type === 'list' && !isLast) return withProperty(tree, name, writeList(node, current, { path, at: at + 1, value }))
  if (isLast) return withProperty(tree, name, value)
  const below = isTree(current) ? current : {}
  return withProperty(
    tree,
    name,
    node?.type === 'section' ? writeIn(node.settings, below, { path, at: at + 1, value }) : withProperty(below, path[at + 1] ?? '', value),
  )
}

function writeList(node: List, current: unknown, { path, at, value }: Write): readonly Tree[] {
  const entries = entriesOf(node, current)
  const index = entries.findIndex((entry) => keyOf(node, entry) === path[at])
  const entry = entries[index]
  if (at === path.length - 1) return replaced(entries, index, value)
  if (entry === undefined) throw fail('SPY_ADMIN_NAME_UNKNOWN', [formatName(path.slice(0, at + 1))])
  return replaced(entries, index, writeIn(node.settings, entry, { path, at: at + 1, value }))
}

function replaced(entries: readonly Tree[], index: number, value: unknown): readonly Tree[] {
  if (value === undefined) return entries.filter((_, i) => i !== index)
  return index < 0 ? [...entries, value as Tree] : entries.with(index, value as Tree)
}

/** The entries of a list; those of its default when the file says nothing. What is no entry is skipped: it has no name. */
export function entriesOf({ default: entries }: List, value: unknown): readonly Tree[] {
  return Array.isArray(value) ? value.filter(isTree) : entries
}

/** The name of an entry: the values of its keys, with their defaults, joined by `:`. */
export function keyOf({ key, settings }: List, entry: Tree): string {
  return key.map((name) => keyText(own(entry, name) ?? (own(settings, name) as Setting | undefined)?.default)).join(':')
}

/** The path of a setting in the file, `applications[4].replicas`, as commands name it: `applications.koa.replicas`. */
export function nameOfPath(path: string, tree: Tree, nodes: Settings = spyglassSettings): string {
  const [, name = '', index, rest = ''] = /^([^.[]+)(?:\[(\d+)\])?(?:\.(.+))?$/s.exec(path) ?? []
  const node = own<Node>(nodes, name)
  const value = own(tree, name)
  if (node?.type === 'section' && rest !== '') return `${name}.${nameOfPath(rest, isTree(value) ? value : {}, node.settings)}`
  const entry = node?.type === 'list' && index !== undefined ? entryAt(node, value, Number(index)) : undefined
  if (!entry) return path
  return formatName([name, entry.key]) + (rest === '' ? '' : `.${nameOfPath(rest, entry.tree, entry.settings)}`)
}

/** An entry by its index in the file; undefined if it has no name. */
function entryAt(
  list: List,
  value: unknown,
  index: number,
): { readonly key: string; readonly tree: Tree; readonly settings: Settings } | undefined {
  const entry = (Array.isArray(value) ? (value as readonly unknown[]) : list.default)[index]
  const key = isTree(entry) ? keyOf(list, entry) : ''
  return isTree(entry) && key !== '' ? { key, tree: entry, settings: list.settings } : undefined
}

const keyText = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? `${value}` : '')

/** The settings of a new entry that its name gives. */
export function keyValues({ key, settings }: List, name: string): Tree {
  const parts = key.length === 1 ? [name] : partsOf(name, key.length)
  return Object.fromEntries(key.map((setting, i) => [setting, own(settings, setting)?.type === 'int' ? Number(parts[i]) : parts[i]]))
}

/** From the end, since a host may be an IPv6 address. */
function partsOf(name: string, count: number): readonly string[] {
  const parts = name.split(':')
  return parts.length < count ? parts : [parts.slice(0, parts.length - count + 1).join(':'), ...parts.slice(parts.length - count + 1)]
}

function withProperty(tree: Tree, name: string, value: unknown): Tree {
  const { [name]: _, ...rest } = tree
  return value === undefined ? rest : { ...tree, [name]: value }
}

function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}

/** One setting that a checked configuration has, set or not. */
export interface NamedSetting {
  readonly path: Path
  readonly setting: Setting
  readonly group: Section | List | undefined
}

/** All settings of a checked configuration, in the order of the reference; those of a list by its entries. */
export function settingsOf(config: Tree): readonly NamedSetting[] {
  return namedIn(spyglassSettings, config, { path: [], group: undefined })
}

function namedIn(settings: Settings, tree: Tree, at: { readonly path: Path; readonly group: Section | List | undefined }): NamedSetting[] {
  return Object.entries(settings).flatMap(([name, node]: [string, Node]) => {
    const path = [...at.path, name]
    const value = own(tree, name)
    if (node.type === 'section') return namedIn(node.settings, isTree(value) ? value : {}, { path, group: node })
    if (node.type !== 'list') return [{ path, setting: node, group: at.group }]
    return entriesOf(node, value).flatMap((entry) => namedIn(node.settings, entry, { path: [...path, keyOf(node, entry)], group: node }))
  })
}
