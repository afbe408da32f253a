import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeKey, readKey, secretKey } from '../../../../runtime/process/src/encrypted-value/index.ts'
import { tempFolder } from '../../../support/temp-folder.ts'

test('a key is made in a new file for its owner alone, and read from there or from the environment', () => {
  const file = join(tempFolder(), 'key')
  makeKey(file)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const key = readKey(file)
  expect(key).toHaveLength(32)
  expect(secretKey('x', { SPYGLASS_SECRET_KEY_FILE: file })).toEqual(key)
  expect(secretKey('x', { SPYGLASS_SECRET_KEY: readFileSync(file, 'utf8') })).toEqual(key)
  expect(() => makeKey(file)).toThrow(expect.objectContaining({ code: 'SPY_SECRET_KEY_INVALID' }))
  expect(readKey(file)).toEqual(key)
})

test('no key, one that others can read, a short or a wrong one is refused with what to do', () => {
  expect(() => secretKey('secrets.yaml console password', {})).toThrow(/console password is encrypted, and there is no key/)
  const file = join(tempFolder(), 'key')
  expect(() => readKey(file)).toThrow(/ENOENT/)
  writeFileSync(file, 'c2hvcnQ', { mode: 0o600 })
  expect(() => readKey(file)).toThrow(/does not hold 32 bytes/)
  writeFileSync(file, '!'.repeat(64))
  expect(() => readKey(file)).toThrow(/does not hold 32 bytes/)
  chmodSync(file, 0o640)
  expect(() => readKey(file)).toThrow(/is open to other users \(chmod 600/)
})
