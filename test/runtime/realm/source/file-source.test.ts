import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hashPassword } from '@spyglass/process/access'
import { expect, test } from 'vitest'
import { FileSource, usersIn } from '../../../../runtime/src/realm/source/file-source.ts'
import { tempFolder } from '../../../support/temp-folder.ts'

const hash = await hashPassword('right', 1024)
const ann = { name: 'ann', password: hash, roles: ['clerk'] }

function opened(users: readonly object[] = [ann]) {
  const file = join(tempFolder(), 'staff.json')
  const write = (content: readonly object[]): void => writeFileSync(file, JSON.stringify({ users: content }))
  write(users)
  return { file, write, source: new FileSource('staff', file) }
}

test('the right password gives the person with its roles, everything else nobody', async () => {
  const { source } = opened()
  expect(await source.verify('ann', 'right')).toEqual({ name: 'ann', roles: ['clerk'] })
  expect([await source.verify('ann', 'wrong'), await source.verify('bob', 'right'), await source.verify('bob', '')]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
})

test('the file is read again when it changes', async () => {
  const { source, write } = opened()
  expect(await source.find('ann')).toEqual({ name: 'ann', roles: ['clerk'] })
  write([{ ...ann, roles: ['clerk', 'administrator'] }])
  expect((await source.find('ann'))?.roles).toEqual(['clerk', 'administrator'])
  write([])
  expect(await source.find('ann')).toBeUndefined()
})

test('a file that is gone lets nobody in, and is read when it is back', async () => {
  const { source, file, write } = opened()
  rmSync(file)
  await expect(source.verify('ann', 'right')).rejects.toMatchObject({ code: 'SPY_REALM_FILE' })
  write([ann])
  expect(await source.find('ann')).toBeDefined()
})

test.each([
  ['no JSON, hunter2', 'it is not JSON'],
  ['{}', 'it has no list "users"'],
  [JSON.stringify({ users: [ann, { ...ann, name: 'bob', password: 'hunter2' }] }), 'users[1] needs'],
  [JSON.stringify({ users: [ann, ann] }), 'more than once'],
])('%s is refused, and no password is in the reason', (text, reason) => {
  expect(() => usersIn(text)).toThrow(reason)
  expect(() => usersIn(text)).not.toThrow('hunter2')
})
