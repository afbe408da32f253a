import { expect, test } from 'vitest'
import { passwordOf, serverAddress, targetOf } from '../../../runtime/src/datasource/server-address.ts'

const addressOf = (url: string) => serverAddress({ url }, 5432)

test('a URL says where the server is; parameters are options of the driver', () => {
  expect(addressOf('postgres://sh%40p@[::1]:5433/sh%20op?ssl=true&max=4&options=-c%20a&sslmode=require')).toEqual({
    host: '::1',
    port: 5433,
    database: 'sh op',
    user: 'sh@p',
    options: { ssl: true, max: 4, options: '-c a', sslmode: 'require' },
  })
  expect(addressOf('postgres://db')).toEqual({ host: 'db', port: 5432, database: undefined, user: undefined, options: {} })
})

test('a target names neither user nor password', () => {
  expect([targetOf(addressOf('postgres://u@db/shop')), targetOf(addressOf('postgres://u@[::1]'))]).toEqual(['db:5432/shop', '[::1]:5432/'])
})

test('a password that cannot be read is an error that names the datasource and the place', () => {
  expect(passwordOf({ name: 'shop', password: 'given' })).toBe('given')
  expect(() => passwordOf({ name: 'shop', passwordFrom: 'file:/none' })).toThrow(
    expect.objectContaining({ code: 'SPY_DATASOURCE_PASSWORD', message: expect.stringMatching(/shop.*file:\/none.*ENOENT/) }),
  )
})
