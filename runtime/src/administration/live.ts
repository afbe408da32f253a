/** Live settings of a configuration: their values for running processes, and the configuration as if they were not set. */
import type { SpyglassConfig } from '@spyglass/process/checked-config'
import type { LiveValue } from '@spyglass/process/live-settings'
import { formatName, type List, type Node, parseName, type Reader, type Settings, spyglassSettings } from '@spyglass/process/settings'
import { effectOf } from './needs.ts'
import { type Path, settingsOf, targetOf, type Tree, valueAt, withValue } from './settings-tree.ts'

/** The values of live settings by their dotted names, as running processes take them in, and which of them read each. */
export function liveChanges(
  config: SpyglassConfig,
  names: readonly string[],
): readonly { readonly value: LiveValue; readonly readBy: readonly Reader[] }[] {
  const paths = new Map(
    names
      .map(parseName)
      .map(wholeEntry)
      .map((path) => [formatName(path), path]),
  )
  return [...paths.values()].map((path) => {
    const value = valueAt(config, path)
    return { value: value === undefined ? { path } : { path, value }, readBy: effectOf(path).readBy }
  })
}

/** An entry of a list that is live as a whole is given whole: what stands beside its settings, such as who set its address, belongs to it. */
function wholeEntry(path: Path): Path {
  const parents = path.map((_, i) => path.slice(0, i + 1))
  return parents.find((parent) => isLiveEntry(parent)) ?? path
}

function isLiveEntry(path: Path): boolean {
  const target = targetOf(path)
  return target.type === 'entry' && target.node.applies === 'live'
}

/** The same configuration with the default of each live setting, and of each list that is live as a whole: what a process has to be replaced for. */
export function withoutLive(config: SpyglassConfig): SpyglassConfig {
  const lists = liveLists(spyglassSettings).reduce<Tree>((tree, { path, list }) => withValue(tree, path, list.default), config)
  const live = settingsOf(lists).filter(({ path }) => effectOf(path).applies === 'live')
  return live.reduce<Tree>((tree, { path, setting }) => withValue(tree, path, setting.default), lists) as unknown as SpyglassConfig
}

interface NamedList {
  readonly path: Path
  readonly list: List
}

function liveLists(settings: Settings, above: Path = []): readonly NamedList[] {
  return Object.entries(settings).flatMap(([name, node]: [string, Node]): readonly NamedList[] => {
    const path = [...above, name]
    if (node.type === 'section') return liveLists(node.settings, path)
    return node.type === 'list' && node.applies === 'live' ? [{ path, list: node }] : []
  })
}
