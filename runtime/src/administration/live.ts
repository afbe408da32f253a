/** Live settings of a configuration: their values for running processes, and the configuration as if they were not set. */
import type { SpyglassConfig } from '@spyglass/process/checked-config'
import type { LiveValue } from '@spyglass/process/live-settings'
import { formatName, type List, type Node, parseName, type Reader, type Settings, spyglassSettings } from '@spyglass/process/settings'
import { effectOf, liveListOf } from './needs.ts'
import { type Path, settingsOf, targetOf, type Tree, valueAt, withValue } from './settings-tree.ts'

/** The values of live settings by their dotted names, as running processes take them in, and which of them read each. A list inside an entry comes whole. */
export function liveChanges(
  config: SpyglassConfig,
  names: readonly string[],
): readonly { readonly value: LiveValue; readonly readBy: readonly Reader[] }[] {
  const paths = new Map(
    names
      .map(parseName)
      .map((path) => liveListOf(path)?.path ?? wholeEntry(path))
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
  const inEntries = settingsOf(lists).flatMap(({ path }) => liveListOf(path) ?? [])
  const emptied = inEntries.reduce<Tree>((tree, { path, node }) => withValue(tree, path, emptyList(node)), lists)
  const live = settingsOf(emptied).filter(({ path }) => effectOf(path).applies === 'live' && liveListOf(path) === undefined)
  return live.reduce<Tree>((tree, { path, setting }) => withValue(tree, path, setting.default), emptied) as unknown as SpyglassConfig
}

/** Where it matters whether there are entries, one that says nothing is left. */
const emptyList = ({ emptyApplies }: List): readonly object[] => (emptyApplies === undefined ? [] : [{}])

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
