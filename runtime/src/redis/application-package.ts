/** A package as an application has it; its types are no dependency. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { messageOf } from '@spyglass/agent/contract'

/** Makes the error of a package that no folder has in a version that is supported. */
export type Missing = (folders: string, reason: string) => Error

/** The package as the first of the folders has it in a version that is supported. @throws what `missing` makes */
export function applicationPackage(name: string, supported: RegExp, folders: readonly string[], missing: Missing): unknown {
  let reason = 'it is not installed'
  for (const folder of folders) {
    try {
      const require = createRequire(join(folder, 'package.json'))
      const { version } = require(`${name}/package.json`) as { readonly version: string }
      if (supported.test(version)) return require(name) as unknown
      reason = `it has version ${version}`
    } catch (error) {
      reason = messageOf(error).split('\n', 1)[0] ?? ''
    }
  }
  throw missing(folders.join(', ') || 'any application', reason)
}
