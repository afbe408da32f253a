/** Finds out with which configuration a server runs on a data folder. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { dataFolder, type SpyglassConfig } from '@spyglass/process/checked-config'
import { holderOf } from '../keeper/data-lock.ts'

/** What the keeper that holds the folder was started with; undefined when none does. */
export function runningConfig(data: string): SpyglassConfig | undefined {
  const { run } = dataFolder(data)
  if (holderOf(run) === undefined) return undefined
  return JSON.parse(readFileSync(join(run, 'config.json'), 'utf8')) as SpyglassConfig
}
