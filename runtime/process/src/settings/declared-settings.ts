/** The declared settings by their paths. */
import type { Applies, Group, List, Node, Reader, Section, Setting, Settings } from './declaration.ts'
import { spyglassSettings } from './spyglass-settings.ts'

export interface DeclaredSetting {
  /** `datasources[].max` */
  readonly path: string
  readonly setting: Setting
  readonly applies: Applies
  readonly readBy: readonly Reader[]
  /** Name of the kind of its section. */
  readonly kind?: string
}

/** Every setting that holds a value of its own, in the order of the reference. */
export function declaredSettings(settings: Settings = spyglassSettings): readonly DeclaredSetting[] {
  return settingsIn('', settings, undefined)
}

function settingsIn(path: string, settings: Settings, group: Group | undefined): DeclaredSetting[] {
  return Object.entries(settings).flatMap(([name, node]) => settingsAt(path === '' ? name : `${path}.${name}`, node, group))
}

function settingsAt(path: string, node: Node, group: Group | undefined): DeclaredSetting[] {
  if (node.type === 'section') return settingsIn(path, node.settings, node)
  if (node.type === 'list') return settingsIn(`${path}[]`, node.settings, node)
  const { applies = 'restart', readBy = ['server'], kind } = { ...group, ...node } as Partial<Group> & Setting
  return [{ path, setting: node, applies, readBy, ...(kind === undefined ? {} : { kind }) }]
}

/** What a path leads to. */
export interface Found {
  readonly node: Node
  /** The section or list that it belongs to. */
  readonly group: Section | List | undefined
  /** What the path has beyond a setting: the name of a value in a map, the index of a text in a list. */
  readonly rest: readonly PropertyKey[]
}

/**
 * The declaration at a path. After a list comes an entry: its index in a file, or its name. A path that ends at an entry finds its list.
 * Undefined: there is no such setting.
 */
export function declarationAt(path: readonly PropertyKey[], settings: Settings = spyglassSettings): Found | undefined {
  const [name, ...below] = path
  if (typeof name !== 'string' || !Object.hasOwn(settings, name)) return undefined
  const node = settings[name]
  return node && inside(node, below)
}

function inside(node: Node, path: readonly PropertyKey[]): Found | undefined {
  if (node.type !== 'section' && node.type !== 'list') return { node, group: undefined, rest: path }
  const below = node.type === 'list' ? path.slice(1) : path
  if (below.length === 0) return { node, group: node, rest: [] }
  const found = declarationAt(below, node.settings)
  return found && { ...found, group: found.group ?? node }
}
