/** Live settings of a configuration: their values for running processes, and the configuration as if they were not set. */
import type { SpyglassConfig } from '@spyglass/process/checked-config'
import type { LiveValue } from '@spyglass/process/live-settings'
import type { Reader } from '@spyglass/process/settings'
import { parseName } from '@spyglass/process/settings'
import { effectOf } from './needs.ts'
import { settingsOf, type Tree, valueAt, withValue } from './settings-tree.ts'

/** The values of live settings by their dotted names, as running processes take them in, and which of them read each. */
export function liveChanges(
  config: SpyglassConfig,
  names: readonly string[],
): readonly { readonly value: LiveValue; readonly readBy: readonly Reader[] }[] {
  return names.map((name) => {
    const path = parseName(name)
    const value = valueAt(config, path)
    return { value: value === undefined ? { path } : { path, value }, readBy: effectOf(path).readBy }
  })
}

/** The same configuration with the default of each live setting: what a process has to be replaced for. */
export function withoutLive(config: SpyglassConfig): SpyglassConfig {
  const live = settingsOf(config).filter(({ path }) => effectOf(path).applies === 'live')
  return live.reduce<Tree>((tree, { path, setting }) => withValue(tree, path, setting.default), config) as unknown as SpyglassConfig
}
