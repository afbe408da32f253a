/** The checked configuration for `up`, by a process that ends with the answer (check-main.ts). */
import { fork } from 'node:child_process'
import type { Checked } from '@spyglass/process/checked-config'
import type { LoadOptions, SettingsInput, SpyglassConfig } from '@spyglass/process/config'
import { SpyglassError } from '@spyglass/agent/contract'
import { fail } from '../errors.ts'
import { baseExecArgv, ownEntry } from './part-scripts.ts'

export interface CheckedStart extends Checked {
  /** Whether the secrets were made just now. */
  readonly firstStart: boolean
  /** What was put right, and the operator should know. */
  readonly remarks: readonly string[]
  /** What the settings were made of, and the settings as they were given: what administration starts from. */
  readonly input: SettingsInput
  readonly settings: SpyglassConfig
  /** Number of the last change that they have; 0 for none. */
  readonly lastChange: number
}

/** What the process answers: all is well, or a mistake by its code. */
export type CheckResult = CheckedStart | { readonly code: string; readonly message: string }

/**
 * Resolves with the configuration and the secrets; the data folder is there then.
 * @throws SPY_CONFIG_…, SPY_DATA_UNWRITABLE, SPY_SECRETS_INVALID, SPY_PART_ENDED
 */
export function checkConfig(options: LoadOptions): Promise<CheckedStart> {
  const child = fork(ownEntry('server/check-main'), [], { execArgv: [...baseExecArgv], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('message', (result: CheckResult) => {
      if ('code' in result) reject(new SpyglassError(result.code, '%s', [result.message]))
      else resolve(result)
    })
    child.once('exit', (code) => reject(fail('SPY_PART_ENDED', ['the check of the configuration', `exit code ${code}`, 'the lines above'])))
    child.send(options)
  })
}
