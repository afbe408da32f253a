/** `run/start.json`: what administration begins with, for a decider that starts or comes back. Only its owner may read it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SpyglassConfig } from '@spyglass/process/checked-config'
import type { SettingsInput } from '@spyglass/process/config'
import { writeIfChanged } from '@spyglass/process/durable-file'

export interface Start {
  /** What the settings are made of. */
  readonly input: SettingsInput
  /** The settings with all changes, as they were given. */
  readonly settings: SpyglassConfig
  /** Number of the last of these changes; 0 for none. */
  readonly lastChange: number
}

const fileIn = (run: string): string => join(run, 'start.json')

export function writeStart(run: string, { input, settings, lastChange }: Start): void {
  writeIfChanged(fileIn(run), `${JSON.stringify({ input, settings, lastChange })}\n`)
}

/** Not checked again: only the server writes it, in a folder that is closed to others. Throws what the file system or the parser says. */
export function readStart(run: string): Start {
  return JSON.parse(readFileSync(fileIn(run), 'utf8')) as Start
}
