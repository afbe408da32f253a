import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { passwordFrom } from '../../../runtime/src/password/index.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const read = (settings: object, env = {}) => passwordFrom(settings, (place, reason) => new Error(`${place}: ${reason}`), env)

test('a password is read from a file, the environment or a credential, without its line break', () => {
  const folder = tempFolder()
  writeFileSync(join(folder, 'db'), 'se cret\n')
  expect(read({ passwordFrom: `file:${join(folder, 'db')}` })).toBe('se cret')
  expect(read({ passwordFrom: 'env:DB_PASSWORD' }, { DB_PASSWORD: 'x' })).toBe('x')
  expect(read({ passwordFrom: 'credential:db' }, { CREDENTIALS_DIRECTORY: folder })).toBe('se cret')
  expect([read({ password: 'given' }), read({})]).toEqual(['given', undefined])
})

test('a password that cannot be read is an error that says where', () => {
  const folder = tempFolder()
  chmodSync(folder, 0o700)
  for (const [from, reason] of [
    [`file:${folder}/none`, 'ENOENT'],
    ['env:NONE', 'the variable is not set'],
    ['credential:db', 'systemd gave no credentials'],
  ] as const)
    expect(() => read({ passwordFrom: from })).toThrow(new RegExp(`^${from}: .*${reason}`))
})
