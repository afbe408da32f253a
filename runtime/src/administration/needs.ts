/** What a change still needs before it counts: which settings count at once, which instances are to be reloaded, which processes restarted. */
import { instanceGroups, instanceNames, type SpyglassConfig } from '@spyglass/process/checked-config'
import type { Applies, Reader } from '@spyglass/process/settings'
import type { Needs } from './administration.ts'
import { formatName } from './setting-name.ts'
import { type Path, targetOf } from './settings-tree.ts'

/** Names of the instances that host an application, or of all. */
function instancesOf(config: SpyglassConfig, application?: string): readonly string[] {
  const groups = instanceGroups(config)
  return groups
    .filter(({ applications }) => application === undefined || applications.some(({ name }) => name === application))
    .flatMap(instanceNames)
}

/** When a new value of what a path names counts, and who reads it. */
export function effectOf(path: Path): { readonly applies: Applies; readonly readBy: readonly Reader[] } {
  const target = targetOf(path)
  if (target.type !== 'setting') return target.node
  const { node, group } = target
  return { applies: node.applies ?? group?.applies ?? 'restart', readBy: node.readBy ?? group?.readBy ?? ['server'] }
}

/** `configs`: before and after the change, since an application that is gone was somewhere, too. */
export function needsOf(paths: readonly Path[], configs: readonly SpyglassConfig[]): Needs {
  const live = new Set<string>()
  const reload = new Set<string>()
  const restart = new Set<string>()
  for (const path of paths) {
    const { applies, readBy } = effectOf(path)
    if (applies === 'live') live.add(formatName(path))
    const application = path[0] === 'applications' ? path[1] : undefined
    const parts = readBy.flatMap((reader) =>
      reader === 'instances' ? configs.flatMap((config) => instancesOf(config, application)) : [reader],
    )
    if (applies !== 'live') for (const part of parts) (applies === 'reload' ? reload : restart).add(part)
  }
  return { live: [...live], reload: [...reload], restart: restart.has('server') ? ['server'] : [...restart] }
}
