/**
 * Checks the configuration, makes data folder and secrets, tells the keeper the outcome, and ends: the schema and the YAML parser stay out
 * of the process that lives as long as the service. Not called by people.
 */
import { existsSync } from 'node:fs'
import { ensureDataFolder, ensureSecrets, loadConfig, type LoadOptions } from '@spyglass/process/config'
import { codeOf } from '@spyglass/agent/contract'
import type { CheckResult } from './check.ts'

process.once('message', (options: LoadOptions) => {
  process.send?.(check(options), () => process.disconnect())
})

function check(options: LoadOptions): CheckResult {
  try {
    const config = loadConfig(options)
    const folder = ensureDataFolder(config.data)
    const firstStart = !existsSync(folder.secrets)
    const remarks: string[] = []
    const secrets = ensureSecrets(folder.secrets, (remark) => remarks.push(remark))
    return { config, secrets, firstStart, remarks }
  } catch (error) {
    const code = codeOf(error)
    if (code === undefined || !(error instanceof Error)) throw error
    return { code, message: error.message }
  }
}
