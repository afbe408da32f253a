import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { ensureSecrets, readSecrets } from '@spyglass/process/config'
import { tempFolder } from '../../../support/temp-folder.ts'

test('the first start makes a private file of random passwords, the second reads it', () => {
  const file = join(tempFolder(), 'secrets.yaml')
  const secrets = ensureSecrets(file)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(ensureSecrets(file)).toEqual(secrets)
  const passwords = [
    secrets.clickhouse.reader.password,
    secrets.console.password,
    secrets.snmp.authPassword,
    secrets.snmp.privPassword,
    secrets.internal.token,
  ]
  expect(new Set(passwords).size).toBe(5)
  for (const password of passwords) expect(password).toMatch(/^[A-Za-z2-9]{24,}$/)
})

test('a damaged file is told by the missing entries, without its content, and is left as it is', () => {
  const file = join(tempFolder(), 'secrets.yaml')
  const content = 'console: {user: admin, password: hunter2hunter2}\n'
  writeFileSync(file, content)
  expect(() => ensureSecrets(file)).toThrow(
    expect.objectContaining({ code: 'SPY_SECRETS_INVALID', message: expect.not.stringContaining('hunter2') }),
  )
  expect(readFileSync(file, 'utf8')).toBe(content)
})

test('a file that is not there yet is told as such by those who do not make it', () => {
  expect(() => readSecrets(join(tempFolder(), 'secrets.yaml'))).toThrow(expect.objectContaining({ code: 'SPY_SECRETS_MISSING' }))
})

test('of several processes that make the file at the same moment one file stands, for all of them', async () => {
  const file = join(tempFolder(), 'secrets.yaml')
  const script = "import { ensureSecrets } from '@spyglass/process/config'; console.log(ensureSecrets(process.argv[1]).internal.token)"
  const run = () => promisify(execFile)(process.execPath, ['--conditions=spyglass-source', '--input-type=module', '-e', script, file])
  const tokens = await Promise.all(Array.from({ length: 4 }, run))
  expect(new Set(tokens.map(({ stdout }) => stdout)).size).toBe(1)
  expect(readdirSync(join(file, '..'))).toEqual(['secrets.yaml'])
})
