import fc from 'fast-check'
import { expect, test } from 'vitest'
import { applicationUser, generatedUser } from '../../../../runtime/process/src/isolation/application-user.ts'

test('a generated user is always the same for an application of a server, another for every other, and in a range that nobody uses', () => {
  const name = fc.string({ minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(name, name, fc.uuid(), (one, other, server) => {
      const { uid, gid } = generatedUser(one, server)
      expect(generatedUser(one, server)).toEqual({ uid, gid })
      expect(uid).toBe(gid)
      expect(uid).toBeGreaterThanOrEqual(0x70_00_00_00)
      expect(uid).toBeLessThan(0x78_00_00_00)
      if (one !== other) expect(generatedUser(other, server).uid).not.toBe(uid)
    }),
  )
  expect(generatedUser('shop', 'a').uid).not.toBe(generatedUser('shop', 'b').uid)
})

test('a configured user is found by name or number; root, its group and nobody at all are refused', () => {
  const { uid, gid } = applicationUser({ name: 'shop', user: 'nobody' }, 'server')
  expect(uid).toBeGreaterThan(0)
  expect(applicationUser({ name: 'shop', user: String(uid) }, 'server')).toEqual({ uid, gid })
  expect(applicationUser({ name: 'shop', user: '61234567' }, 'server')).toEqual({ uid: 61_234_567, gid: 61_234_567 })
  expect(applicationUser({ name: 'shop' }, 'server')).toEqual(generatedUser('shop', 'server'))
  for (const user of ['root', 'no-such-user', '0', '4294967290'])
    expect(() => applicationUser({ name: 'shop', user }, 'server')).toThrow(
      /user .+ of application shop cannot be used: (there is no such user|it is root|numbers go up to)/,
    )
})
