import { expect, test } from 'vitest'
import { membersOf } from '../../../../runtime/src/datasource/group/open-members.ts'

test('a member without a name has that of its host and port', () => {
  const member = { role: 'primary' as const, weight: 1, tags: [] }
  const members = [
    { ...member, url: 'postgres://shop@db-a:5433/shop' },
    { ...member, url: 'postgres://shop@db-b/shop', name: 'b' },
  ]
  expect(membersOf({ members }).map(({ name }) => name)).toEqual(['db-a:5433', 'b'])
})
