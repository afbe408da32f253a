/** What a change still needs before it counts: which settings count at once, which instances are reloaded, started and stopped, which processes restarted. */
import { instanceGroups, instanceNames, type SpyglassConfig } from '@spyglass/process/checked-config'
import { type Applies, formatName, isResourceList, type List, type Reader } from '@spyglass/process/settings'
import type { Needs } from './administration.ts'
import { entriesOf, type Path, targetOf, valueAt } from './settings-tree.ts'

/** Names of the instances that host the application, serve the listener or the host, or use the resource that a path leads into, or of all. */
function instancesOf(config: SpyglassConfig, [list, entry]: Path): readonly string[] {
  const groups = instanceGroups(config)
  return groups
    .filter(({ applications, listener, reachedBy }) => {
      if (entry === undefined) return true
      if (list === 'hosts') return reachedBy === 'listener' || applications.some(({ host }) => host === entry)
      if (list === 'applications') return applications.some(({ name }) => name === entry)
      if (isResourceList(list)) return applications.some((application) => application[list].includes(entry))
      return list !== 'listeners' || listener.name === entry
    })
    .flatMap(instanceNames)
}

/** When a new value of what a path names counts, and who reads it. */
export function effectOf(path: Path): { readonly applies: Applies; readonly readBy: readonly Reader[] } {
  const target = targetOf(path)
  if (target.type !== 'setting') return target.node
  const { node, group } = target
  return { applies: node.applies ?? group?.applies ?? 'restart', readBy: node.readBy ?? group?.readBy ?? ['server'] }
}

/** The list below an entry that a path leads to or into, if its entries change while processes run. */
export function liveListOf(path: Path): { readonly path: Path; readonly node: List } | undefined {
  for (let length = 3; length <= path.length; length++) {
    const target = targetOf(path.slice(0, length))
    if (target.type === 'section' && target.node.type === 'list' && target.node.applies === 'live')
      return { path: path.slice(0, length), node: target.node }
  }
  return undefined
}

/** When the change between two configurations counts that a path leads to. */
function changeEffect(path: Path, configs: readonly SpyglassConfig[]): ReturnType<typeof effectOf> {
  const effect = effectOf(path)
  const list = liveListOf(path)
  if (list?.node.emptyApplies === undefined) return effect
  const isEmpty = (config: SpyglassConfig): boolean => entriesOf(list.node, valueAt(config, list.path)).length === 0
  return new Set(configs.map(isEmpty)).size === 1 ? effect : { ...effect, applies: list.node.emptyApplies }
}

/** Instances that run before and after the change are reloaded, unless it only says how many there are. */
export function needsOf(paths: readonly Path[], configs: readonly [before: SpyglassConfig, after: SpyglassConfig]): Needs {
  const [before, after] = configs.map((config) => new Set(instanceGroups(config).flatMap(instanceNames)))
  const isNew = (part: string): boolean => after?.has(part) === true && before?.has(part) !== true
  const isGone = (part: string): boolean => before?.has(part) === true && after?.has(part) !== true
  const live = new Set<string>()
  const reload = new Set<string>()
  const restart = new Set<string>()
  for (const path of paths) {
    const { applies, readBy } = changeEffect(path, configs)
    if (applies === 'live') live.add(formatName(path))
    const parts = readBy.flatMap((reader) => (reader === 'instances' ? configs.flatMap((config) => instancesOf(config, path)) : [reader]))
    const changed = isNumberOfInstances(path) ? parts.filter((part) => isNew(part) || isGone(part)) : parts
    if (applies !== 'live') for (const part of changed) (applies === 'reload' ? reload : restart).add(part)
  }
  return {
    live: [...live],
    reload: [...reload].filter((part) => !isNew(part) && !isGone(part)),
    start: [...reload].filter(isNew),
    stop: [...reload].filter(isGone),
    restart: restart.has('server') ? ['server'] : [...restart],
  }
}

const isNumberOfInstances = ([list, , setting]: Path): boolean => list === 'applications' && setting === 'replicas'
