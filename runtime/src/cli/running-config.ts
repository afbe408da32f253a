/** Finds out with which configuration a server runs on a data folder. */
import { dataFolder, readChecked, type SpyglassConfig } from '@spyglass/process/checked-config'
import { holderOf } from '../keeper/data-lock.ts'

/** What the keeper that holds the folder was started with; undefined when none does, or its file is damaged. */
export function runningConfig(data: string): SpyglassConfig | undefined {
  const { run } = dataFolder(data)
  if (holderOf(run) === undefined) return undefined
  return readChecked(run)
}
