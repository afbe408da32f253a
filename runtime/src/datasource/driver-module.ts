/** Packages of drivers: those of the applications, which know the version that they need. Who uses none has none. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { codeOf } from '@spyglass/agent/contract'
import { fail } from './errors.ts'

export interface DriverPackage {
  readonly name: 'pg' | 'mysql2'
  /** First version that is used, and the first that is not. */
  readonly from: string
  readonly before: string
}

/**
 * The package as the first of the folders has it.
 * @throws SPY_DRIVER_MISSING, SPY_DRIVER_UNSUPPORTED
 */
export function driverModule(driver: DriverPackage, datasource: string, folders: readonly string[]): unknown {
  const { name } = driver
  for (const folder of folders) {
    const require = createRequire(join(folder, 'package.json'))
    const { version } = found(() => require(`${name}/package.json`)) ?? {}
    if (version === undefined) continue
    if (!isBetween(version, driver))
      throw fail('SPY_DRIVER_UNSUPPORTED', [datasource, name, version, folder, `${name}@${driver.from.split('.', 1)[0]}`])
    return require(name)
  }
  throw fail('SPY_DRIVER_MISSING', [datasource, name, folders.join(', ') || 'any application', name])
}

function found(look: () => unknown): { readonly version?: string } | undefined {
  try {
    return look() as { readonly version?: string }
  } catch (error) {
    if (codeOf(error) === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}

const isBetween = (version: string, { from, before }: DriverPackage): boolean =>
  compared(version, from) >= 0 && compared(version, before) < 0

function compared(a: string, b: string): number {
  const [left = [], right = []] = [a, b].map((version) => version.split(/[.-]/).map(Number))
  return [0, 1, 2].map((at) => (left[at] ?? 0) - (right[at] ?? 0)).find((difference) => difference !== 0) ?? 0
}
