import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkedArguments, configOfProcess, openProcessConfig, readChecked, writeChecked } from '@spyglass/process/checked-config'
import { ensureDataFolder, ensureSecrets, loadConfig } from '@spyglass/process/config'
import { expect, test } from 'vitest'
import { tempFolder } from '../../../support/temp-folder.ts'

test('a child reads what was checked, whatever the files have become since', async () => {
  const config = loadConfig({ data: tempFolder(), portOffset: 7 })
  const folder = ensureDataFolder(config.data)
  const secrets = ensureSecrets(folder.secrets)
  const argv = checkedArguments(folder.run)
  writeChecked(folder.run, { config, secrets })
  writeFileSync(folder.secrets, 'console: {}')
  expect(await openProcessConfig([...argv, '--instance', 'http-1'])).toEqual({ config, secrets, folder })
  expect(await configOfProcess(argv)).toEqual(config)
})

test('both files are for their owner alone', () => {
  const config = loadConfig({ data: tempFolder() })
  const folder = ensureDataFolder(config.data)
  writeChecked(folder.run, { config, secrets: ensureSecrets(folder.secrets) })
  for (const name of ['config.json', 'secrets.json']) expect(statSync(join(folder.run, name)).mode & 0o777).toBe(0o600)
})

test("files that hold it already are not written again, so that a full disk is in nobody's way; damaged ones are", () => {
  const config = loadConfig({ data: tempFolder() })
  const folder = ensureDataFolder(config.data)
  const checked = { config, secrets: ensureSecrets(folder.secrets) }
  const [file, secrets] = ['config.json', 'secrets.json'].map((name) => join(folder.run, name))
  writeChecked(folder.run, checked)
  const inodes = [file!, secrets!].map((path) => statSync(path).ino)
  writeChecked(folder.run, checked)
  expect([file!, secrets!].map((path) => statSync(path).ino)).toEqual(inodes)
  writeFileSync(file!, '{"data":')
  rmSync(secrets!)
  mkdirSync(secrets!)
  expect(readChecked(folder.run)).toBeUndefined()
  writeChecked(folder.run, checked)
  expect(readChecked(folder.run)).toEqual(config)
  expect(readdirSync(folder.run).filter((name) => name.startsWith('secrets.json.damaged-'))).toHaveLength(1)
})

test('a process that starts alone reads the configuration file, checks it, and makes its secrets', async () => {
  const data = tempFolder()
  const { config, secrets } = await openProcessConfig(['--data', data, '--port-offset', '7'])
  expect([config.store.port, secrets.internal.token.length]).toEqual([8130, 43])
  await expect(configOfProcess(['--port-offset', 'x'])).rejects.toMatchObject({ code: 'SPY_ARGUMENT_INVALID' })
})

test('a checked file that is missing is reported by name', async () => {
  await expect(openProcessConfig(['--checked', '/nowhere/config.json'])).rejects.toMatchObject({
    code: 'SPY_CONFIG_UNREADABLE',
    message: expect.stringContaining('/nowhere/config.json'),
  })
})
