import { join } from 'node:path'
import { writeChecked } from '@spyglass/process/checked-config'
import { ensureDataFolder, ensureSecrets, loadConfig } from '@spyglass/process/config'
import { expect, test } from 'vitest'
import { runningConfig } from '../../../runtime/src/cli/running-config.ts'
import { lockDataFolder } from '../../../runtime/src/keeper/data-lock.ts'
import { tempFolder } from '../../support/temp-folder.ts'

test('the configuration of a running server is found by its data folder, that of one that has ended is not', () => {
  const root = join(tempFolder(), 'data')
  const folder = ensureDataFolder(root)
  const config = loadConfig({ data: root, portOffset: 7 })
  const lock = lockDataFolder(root, folder.run)
  writeChecked(folder.run, { config, secrets: ensureSecrets(folder.secrets) })
  expect(runningConfig(root)).toEqual(config)
  lock.release()
  expect(runningConfig(root)).toBeUndefined()
})
