import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ensureSecrets, readSecrets } from '@spyglass/agent/config'
import { tempFolder } from '../../support/temp-folder.ts'

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
