import { expect, test } from 'vitest'
import type { DatabaseSession, DatabaseSessions } from '../../../../runtime/src/datasource/database-sessions.ts'
import { autopsyOf, autopsyRow } from '../../../../runtime/src/datasource/sessions/index.ts'
import { scriptedPool } from '../pool/scripted-driver.ts'

const session = (id: number, more: Partial<DatabaseSession> = {}): DatabaseSession => ({
  id,
  state: 'active',
  stateMs: 1500.4,
  waitsFor: '',
  who: 'till, clerk',
  statement: "UPDATE carts SET owner = 'hunter2'",
  blockedBy: [],
  ...more,
})

test('holders are joined with their sessions, and those with the sessions that block them', async () => {
  const looked: (readonly number[])[] = []
  const known = [
    session(11),
    session(12, { waitsFor: 'Lock: tuple', blockedBy: [11, 99, 0] }),
    session(99, { state: 'idle in transaction' }),
  ]
  const look = async (ids: readonly number[]) => {
    looked.push(ids)
    return known
  }
  const { pool, lent } = scriptedPool({ max: 3 }, { sessionsOver: () => ({ look }) as unknown as DatabaseSessions })
  for (const id of [11, 12, undefined]) (await lent()).connection.session = id
  const holders = await autopsyOf(pool)
  expect(looked).toEqual([[11, 12]])
  expect(holders).toMatchObject([
    { connection: 1, session: { id: 11, state: 'active', stateMs: 1500, blockers: [] } },
    {
      connection: 2,
      session: { waitsFor: 'Lock: tuple', blockers: [{ id: 11, connection: 1 }, { id: 99, who: 'till, clerk' }, { id: 0 }] },
    },
    { connection: 3 },
  ])
  expect(JSON.stringify(holders)).not.toContain('hunter2')
  const rows = holders.map(autopsyRow)
  expect(rows[1]?.blockedBy).toBe(
    'connection 1 (active for 1.5 s): UPDATE carts SET owner = ?; session 99 of till, clerk (idle in transaction for 1.5 s): UPDATE carts SET owner = ?; session 0',
  )
  expect(rows[2]).toMatchObject({ connection: 3, session: 0, state: 'unknown', blockedBy: '' })
})
