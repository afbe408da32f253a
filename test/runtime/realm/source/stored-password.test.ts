import { hashPassword } from '@spyglass/process/access'
import { expect, test } from 'vitest'
import { StoredPassword } from '../../../../runtime/src/realm/source/stored-password.ts'

test('only the password of the hash is right, and none where there is no hash', async () => {
  const stored = new StoredPassword()
  const hash = await hashPassword('right', 1024)
  expect([await stored.isRight('right', hash), await stored.isRight('wrong', hash)]).toEqual([true, false])
  expect([await stored.isRight('', undefined), await stored.isRight('right', undefined), await stored.isRight('x', 'x')]).toEqual([
    false,
    false,
    false,
  ])
})
