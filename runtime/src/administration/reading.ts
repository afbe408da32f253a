/** What is shown of settings: lists, values with their origin, differences. */
import { isDeepStrictEqual } from 'node:util'
import { type ResourceKind } from '@spyglass/agent/contract'
import { kinds } from '@spyglass/mbeans/kinds'
import type { SettingsInput, SpyglassConfig } from '@spyglass/process/config'
import { type List, type Section, spyglassSettings, formatName, matcherOf } from '@spyglass/process/settings'
import type { Difference, Listed, SettingValue, Source } from './administration.ts'
import { type Change, changeBehind } from './changes.ts'
import { fail } from './errors.ts'
import { effectOf } from './needs.ts'
import {
  entriesOf,
  isTree,
  keyOf,
  type NamedSetting,
  type Path,
  settingsOf,
  type Target,
  targetOf,
  type Tree,
  valueAt,
} from './settings-tree.ts'
import { shown } from './setting-value.ts'

/** Sections, entries, settings and operations. */
export function listed(config: SpyglassConfig, pattern = '*'): readonly Listed[] {
  const matches = matcherOf(pattern)
  const settings = settingsOf(config).map(({ path, setting }) => ({
    name: formatName(path),
    type: 'setting' as const,
    description: setting.description,
  }))
  return [...groupsOf(config), ...settings].filter(({ name }) => matches(name))
}

function groupsOf(config: SpyglassConfig): Listed[] {
  return Object.entries(spyglassSettings).flatMap(([name, node]): Listed[] => {
    if (node.type !== 'section' && node.type !== 'list') return []
    const section: Listed = { name, type: 'section', description: node.description }
    if (node.type === 'section') return [section, ...operationsOf(node, name)]
    const entries = entriesOf(node, valueAt(config, [name])).map((entry) => formatName([name, keyOf(node, entry)]))
    return [
      section,
      ...entries.flatMap((entry) => [{ name: entry, type: 'entry' as const, description: node.description }, ...operationsOf(node, entry)]),
    ]
  })
}

function operationsOf({ kind }: Section | List, resource: string): Listed[] {
  const declared: ResourceKind | undefined = kind && kinds[kind]
  return Object.entries(declared?.operations ?? {}).map(([name, { description }]) => ({
    name: `${resource}.${name}`,
    type: 'operation',
    description,
  }))
}

export interface Origins {
  readonly settings: SpyglassConfig
  readonly input: SettingsInput
  readonly changes: readonly Change[]
  readonly now: number
}

/** @throws SPY_ADMIN_NAME_UNKNOWN for a name or pattern that fits nothing */
export function settingValues(origins: Origins, patterns: readonly string[]): readonly SettingValue[] {
  const all = settingsOf(origins.settings).map((named) => ({ ...named, name: formatName(named.path) }))
  const found = new Set<(typeof all)[number]>()
  for (const pattern of patterns) {
    const matches = matcherOf(pattern)
    const some = all.filter(({ name }) => matches(name))
    if (some.length === 0) throw fail('SPY_ADMIN_NAME_UNKNOWN', [pattern])
    for (const each of some) found.add(each)
  }
  return all.filter((each) => found.has(each)).map((named) => valueOf(named, origins))
}

function valueOf({ path, setting, group }: NamedSetting, origins: Origins): SettingValue {
  const change = changeBehind(origins.changes, path, origins.now)
  const value = shown(valueAt(origins.settings, path), { type: 'setting', node: setting, group, within: false })
  return {
    name: formatName(path),
    value,
    source: change ? 'change' : sourceOf(path, origins.input),
    applies: effectOf(path).applies,
    secret: setting.secret === true,
    ...(setting.type === 'int' && setting.unit !== undefined ? { unit: setting.unit } : {}),
    description: setting.description,
    ...(change ? { change: change.id } : {}),
  }
}

/** The demo's settings come from the command line, too, though the file wins over them. */
function sourceOf(path: Path, { base, file, commandLine }: SettingsInput): Source {
  if (valueAt(commandLine, path) !== undefined) return 'command line'
  if (valueAt(file, path) !== undefined) return 'file'
  return isTree(base) && valueAt(base, path) !== undefined ? 'command line' : 'default'
}

export interface Compared {
  /** The file as it is now. */
  readonly file: SpyglassConfig
  readonly started: SpyglassConfig
  readonly desired: SpyglassConfig
  readonly isPending: (name: string) => boolean
  readonly changes: readonly Change[]
  readonly now: number
}

/** Settings whose value is not the same everywhere, and those that wait. */
export function differences(compared: Compared): readonly Difference[] {
  const trees = [compared.started, compared.desired, compared.file] as readonly Tree[]
  const paths = new Map(trees.flatMap((tree) => settingsOf(tree).map(({ path }) => [formatName(path), path] as const)))
  return [...paths].flatMap(([name, path]) => differenceAt(name, path, compared))
}

function differenceAt(name: string, path: Path, { file, started, desired, isPending, changes, now }: Compared): Difference[] {
  const [inFile, atStart, wanted] = [file, started, desired].map((config) => valueAt(config, path))
  const entry = path.length > 2 ? formatName(path.slice(0, 2)) : name
  const because = [
    ...(isDeepStrictEqual(inFile, atStart) ? [] : ['file' as const]),
    ...(isDeepStrictEqual(wanted, atStart) ? [] : ['change' as const]),
    ...(isPending(name) || isPending(entry) ? ['pending' as const] : []),
  ]
  if (because.length === 0) return []
  const target = targetOf(path)
  if (isOnlyDefault(target, [inFile, atStart, wanted])) return []
  const change = because.includes('change') ? changeBehind(changes, path, now)?.id : undefined
  return [
    {
      name,
      file: shown(inFile, target),
      started: shown(atStart, target),
      desired: shown(wanted, target),
      because,
      ...(change === undefined ? {} : { change }),
    },
  ]
}

/** A setting of an entry that is not everywhere, and where it is has the default: nobody chose it, and the name of the entry is shown. */
function isOnlyDefault(target: Target, values: readonly unknown[]): boolean {
  const given = values.filter((value) => value !== undefined)
  if (target.type !== 'setting' || given.length === 0 || given.length === values.length) return false
  return given.every((value) => isDeepStrictEqual(value, target.node.default))
}
