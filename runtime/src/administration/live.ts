/** Live settings of a configuration: their values for running processes, and the configuration as if they were not set. */
import type { SpyglassConfig } from '@spyglass/process/checked-config'
import type { LiveValue } from '@spyglass/process/live-settings'
import { effectOf } from './needs.ts'
import { parseName } from './setting-name.ts'
import { settingsOf, type Tree, valueAt, withValue } from './settings-tree.ts'

/** The values of settings by their dotted names, as processes take them in. */
export function liveValues(config: SpyglassConfig, names: readonly string[]): readonly LiveValue[] {
  return names.map((name) => {
    const path = parseName(name)
    const value = valueAt(config, path)
    return value === undefined ? { path } : { path, value }
  })
}

/** The same configuration with the default of each live setting: what a process has to be replaced for. */
export function withoutLive(config: SpyglassConfig): SpyglassConfig {
  const live = settingsOf(config).filter(({ path }) => effectOf(path).applies === 'live')
  return live.reduce<Tree>((tree, { path, setting }) => withValue(tree, path, setting.default), config) as unknown as SpyglassConfig
}
