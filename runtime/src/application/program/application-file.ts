/** `spyglass.app.yaml` in an application's folder: what its package.json cannot say. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ApplicationFile } from '@spyglass/process/config'

export type { ApplicationFile } from '@spyglass/process/config'

/** Its parser and schema are loaded only where there is such a file. @throws SPY_APPLICATION_FILE_INVALID */
export async function readApplicationFile(folder: string): Promise<ApplicationFile> {
  const path = join(folder, 'spyglass.app.yaml')
  if (!existsSync(path)) return {}
  const { loadApplicationFile } = await import('@spyglass/process/config')
  return loadApplicationFile(path)
}
