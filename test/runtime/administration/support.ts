import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import {
  openAdministration,
  type Administration,
  type AdministrationOptions,
  type Caller,
  settingsAtStart,
} from '../../../runtime/src/administration/index.ts'
import * as rules from '@spyglass/process/config'

export const administrator: Caller = { actor: 'anna', role: 'administrator' }

export interface World {
  /** `<data>/administration` */
  readonly folder: string
  /** What spyglass.yaml says. */
  file: Readonly<Record<string, unknown>>
  now: number
  /** Opens it as a start of the server does. */
  start(more?: Partial<AdministrationOptions>): Administration
}

/** A server's administration on a folder, with a clock of its own. */
export function worldOf(root: string, file: Readonly<Record<string, unknown>>): World {
  const world: World = {
    folder: join(root, 'administration'),
    file,
    now: 1_700_000_000_000,
    start(more = {}) {
      const input = inputOf(world.file, root)
      const administration = openAdministration({
        folder: world.folder,
        input,
        started: settingsAtStart(rules, input, { administration: world.folder, onDamage: () => {}, now: world.now }),
        rules: async () => rules,
        readAgain: async () => inputOf(world.file, root),
        onDamage: () => {},
        now: () => world.now,
        ...more,
      })
      onTestFinished(() => administration.stop())
      return administration
    },
  }
  return world
}

const inputOf = (file: Readonly<Record<string, unknown>>, from: string): rules.SettingsInput => ({
  origin: 'spyglass.yaml',
  from,
  base: {},
  file,
  commandLine: {},
})
