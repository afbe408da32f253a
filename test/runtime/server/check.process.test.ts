import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadConfig, readSecrets } from '@spyglass/process/config'
import { expect, test } from 'vitest'
import { checkConfig } from '../../../runtime/src/server/check.ts'
import { tempFolder } from '../../support/temp-folder.ts'

test('another process checks the configuration and makes the secrets; only the first start makes them', async () => {
  const data = tempFolder()
  const first = await checkConfig({ data, portOffset: 7 })
  expect(first.config).toEqual(loadConfig({ data, portOffset: 7 }))
  expect(first.secrets).toEqual(readSecrets(join(data, 'secrets.yaml')))
  expect([first.firstStart, (await checkConfig({ data })).firstStart]).toEqual([true, false])
})

test('a mistake has the code and the text that it has there', async () => {
  const file = join(tempFolder(), 'spyglass.yaml')
  writeFileSync(file, 'store: { prot: 1 }')
  await expect(checkConfig({ file })).rejects.toMatchObject({ code: 'SPY_CONFIG_INVALID', message: expect.stringContaining('store.prot') })
})
