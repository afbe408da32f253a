import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openModuleSource } from '../../../../runtime/src/realm/source/module-source.ts'
import { tempFolder } from '../../../support/temp-folder.ts'

async function opened(text: string) {
  const file = join(tempFolder(), 'realm.mjs')
  writeFileSync(file, text)
  return await openModuleSource('staff', file)
}

test('the module makes the source, and is told which realm it is for', async () => {
  const source = await opened(
    'export default async ({ realm }) => ({ verify: async (name) => ({ name, roles: [realm] }), find: async () => undefined })',
  )
  expect(await source.verify('ann', 'x', '')).toEqual({ name: 'ann', roles: ['staff'] })
})

test.each([
  ['export const other = 1', 'no function'],
  ['export default () => ({})', 'makes nothing with verify'],
  ['export default () => undefined', 'makes nothing with verify'],
  ['export default () => ({ verify() {} })', 'makes nothing with verify'],
  ['throw new Error("broken")', 'broken'],
])('a module %o cannot be used: %s', async (text, message) => {
  await expect(opened(text)).rejects.toMatchObject({ code: 'SPY_REALM_MODULE', message: expect.stringContaining(message) as string })
})
