import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { passwordOf, serverAddress, targetOf } from '../../../runtime/src/datasource/server-address.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const addressOf = (url: string) => serverAddress({ url, members: [] }, 5432)

test('a URL says where the server is; parameters are options of the driver', () => {
  expect(addressOf('postgres://sh%40p@[::1]:5433/sh%20op?ssl=true&max=4&options=-c%20a&sslmode=require')).toEqual({
    host: '::1',
    port: 5433,
    database: 'sh op',
    user: 'sh@p',
    options: { ssl: true, max: 4, options: '-c a', sslmode: 'require' },
  })
  expect(addressOf('postgres://db')).toEqual({ host: 'db', port: 5432, database: undefined, user: undefined, options: {} })
  expect(serverAddress({ members: [{ url: 'postgres://one/a', role: 'primary', weight: 1, tags: [] }] }, 1).host).toBe('one')
})

test('a target names neither user nor password', () => {
  expect([targetOf(addressOf('postgres://u@db/shop')), targetOf(addressOf('postgres://u@[::1]'))]).toEqual(['db:5432/shop', '[::1]:5432/'])
})

test('a password is read from a file, the environment or a credential, without its line break', () => {
  const folder = tempFolder()
  writeFileSync(join(folder, 'db'), 'se cret\n')
  const read = (passwordFrom: string, env = {}) => passwordOf({ name: 'shop', passwordFrom }, env)
  expect(read(`file:${join(folder, 'db')}`)).toBe('se cret')
  expect(read('env:DB_PASSWORD', { DB_PASSWORD: 'x' })).toBe('x')
  expect(read('credential:db', { CREDENTIALS_DIRECTORY: folder })).toBe('se cret')
  expect(passwordOf({ name: 'shop', password: 'given' })).toBe('given')
  expect(passwordOf({ name: 'shop' })).toBeUndefined()
})

test('a password that cannot be read is an error that says where', () => {
  const folder = tempFolder()
  chmodSync(folder, 0o700)
  const code = 'SPY_DATASOURCE_PASSWORD'
  for (const [from, reason] of [
    [`file:${folder}/none`, 'ENOENT'],
    ['env:NONE', 'the variable is not set'],
    ['credential:db', 'systemd gave no credentials'],
  ] as const) {
    const read = () => passwordOf({ name: 'shop', passwordFrom: from }, {})
    expect(read).toThrow(expect.objectContaining({ code }))
    expect(read).toThrow(reason)
    expect(read).toThrow(from)
  }
})
