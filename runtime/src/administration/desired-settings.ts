/** The settings of a server: those of the file with the changes in force, checked. */
import { existsSync } from 'node:fs'
import type { CheckOptions, SettingsInput, SpyglassConfig } from '@spyglass/process/config'
import { requireIsolation } from '@spyglass/process/isolation'
import { requireAccessPatterns } from '../access-log/index.ts'
import type { Damage } from '@spyglass/process/durable-file'
import { applyChanges, type Change, inForce, type Skipped } from './changes.ts'
import { withGuards } from './receiver-guards.ts'
import { nameOfPath, type Tree } from './settings-tree.ts'
import { storedChanges } from './stored-changes.ts'

/** What `@spyglass/process/config` does with settings; it is loaded when the first change comes. */
export interface SettingsRules {
  mergedSettings(input: SettingsInput): Tree
  /** @throws SPY_CONFIG_INVALID */
  checkedSettings(settings: Tree, options: CheckOptions): SpyglassConfig
  effectiveConfig(settings: SpyglassConfig, from: string): SpyglassConfig
}

export interface Desired {
  /** With defaults, and otherwise as they were given: what commands show. */
  readonly settings: SpyglassConfig
  /** With absolute paths and the port offset: what processes get. */
  readonly config: SpyglassConfig
  /** Changes that the file no longer permits. */
  readonly skipped: readonly Skipped[]
}

/** @throws SPY_CONFIG_INVALID, SPY_ISOLATION_UNAVAILABLE */
function desiredOf(
  rules: SettingsRules,
  input: SettingsInput & Pick<CheckOptions, 'nameOf'>,
  changed: { readonly settings: Tree; readonly skipped: readonly Skipped[] },
): Desired {
  const settings = rules.checkedSettings(changed.settings, { ...input, toStart: true })
  const config = withGuards(rules.effectiveConfig(settings, input.from), rules.mergedSettings(input), changed.settings)
  requireIsolation(config)
  requireAccessPatterns(config)
  return { settings, config, skipped: changed.skipped }
}

/** The settings with a change. What is wrong is named as commands name it, and nobody looks for it in the file. */
export function desiredWithChange(rules: SettingsRules, input: SettingsInput, changed: Parameters<typeof desiredOf>[2]): Desired {
  const nameOf = (path: string): string => nameOfPath(path, changed.settings)
  return desiredOf(rules, { ...input, origin: 'with this change', nameOf }, changed)
}

/**
 * At a start, when the file may be another than the one that the changes were made on: a change that no longer fits is skipped, so that the
 * server starts if the file alone is valid.
 * @throws SPY_CONFIG_INVALID when it is not
 */
function desiredAtStart(rules: SettingsRules, input: SettingsInput, changes: readonly Change[], now: number): Desired {
  const file = rules.mergedSettings(input)
  try {
    return desiredOf(rules, input, applyChanges(file, changes, now))
  } catch (error) {
    if (inForce(changes, now).length === 0) throw error
    return withoutMisfits(rules, input, { file, changes: inForce(changes, now) })
  }
}

function withoutMisfits(
  rules: SettingsRules,
  input: SettingsInput,
  { file, changes }: { readonly file: Tree; readonly changes: readonly Change[] },
): Desired {
  let found = desiredOf(rules, input, { settings: file, skipped: [] })
  const kept: Change[] = []
  const skipped: Skipped[] = []
  for (const change of changes) {
    try {
      const applied = applyChanges(file, [...kept, change], -Infinity)
      found = desiredWithChange(rules, input, applied)
      kept.push(change)
      skipped.push(...applied.skipped.filter((skip) => skip.change === change))
    } catch (error) {
      if (!(error instanceof Error)) throw error
      skipped.push({ change, error })
    }
  }
  return { ...found, skipped }
}

/**
 * The settings that a server starts with. Changes are read only where there are some, so that a check leaves nothing in a new data folder.
 * @throws SPY_CONFIG_INVALID
 */
export function settingsAtStart(
  rules: SettingsRules,
  input: SettingsInput,
  options: StartOptions,
): Desired & { readonly lastChange: number } {
  const { administration, onDamage, now = Date.now() } = options
  const changes = existsSync(administration) ? (storedChanges(administration, onDamage).read() ?? []) : []
  return { ...desiredAtStart(rules, input, changes, now), lastChange: changes.at(-1)?.id ?? 0 }
}

export interface StartOptions {
  /** `<data>/administration` */
  readonly administration: string
  readonly onDamage: (damage: Damage) => void
  readonly now?: number
}
