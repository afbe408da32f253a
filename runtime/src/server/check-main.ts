/**
 * Checks the configuration, makes data folder and secrets, tells the keeper the outcome, and ends: the schema and the YAML parser stay out
 * of the process that lives as long as the service. Not called by people.
 */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { dataFolder, ensureDataFolder, ensureSecrets, type LoadOptions, readSettings, type SettingsInput } from '@spyglass/process/config'
import * as rules from '@spyglass/process/config'
import { damageError } from '@spyglass/process/durable-file'
import { isolationRemarks } from '@spyglass/process/isolation'
import { spyglassSettings } from '@spyglass/process/settings'
import { codeOf } from '@spyglass/agent/contract'
import { damagedChanges, settingsAtStart } from '../administration/index.ts'
import type { CheckResult } from './check.ts'

process.once('message', (options: LoadOptions) => {
  process.send?.(check(options), () => process.disconnect())
})

function check(options: LoadOptions): CheckResult {
  try {
    const remarks: string[] = []
    const input = readSettings(options)
    const { settings, config, skipped, lastChange } = settingsAtStart(rules, input, {
      administration: dataFolder(dataOf(input)).administration,
      onDamage: (damage) => remarks.push(damageError(damage, damagedChanges).message),
    })
    for (const { change, error } of skipped)
      remarks.push(`change ${change.id} by ${change.actor} no longer fits the file and is skipped: ${error.message}`)
    remarks.push(...isolationRemarks(config))
    remarks.push(...rules.unencryptedPorts(config))
    const folder = ensureDataFolder(config.data)
    const firstStart = !existsSync(folder.secrets)
    const secrets = ensureSecrets(folder.secrets, (remark) => remarks.push(remark))
    return { config, secrets, firstStart, remarks, input, settings, lastChange }
  } catch (error) {
    const code = codeOf(error)
    if (code === undefined || !(error instanceof Error)) throw error
    return { code, message: error.message }
  }
}

/** No change moves the data folder. */
function dataOf(input: SettingsInput): string {
  const { data } = rules.mergedSettings(input)
  return resolve(input.from, typeof data === 'string' ? data : spyglassSettings.data.default)
}
