import { expect, test } from 'vitest'
import type { DatabaseSessions } from '../../../../runtime/src/datasource/database-sessions.ts'
import { cancelStatement } from '../../../../runtime/src/datasource/sessions/index.ts'
import { scriptedPool } from '../pool/scripted-driver.ts'

test('a statement is cancelled as long as its borrower runs it, and no other', async () => {
  const cancelled: number[] = []
  const sessionsOver = () => ({ cancel: async (id: number) => void cancelled.push(id) }) as unknown as DatabaseSessions
  const { pool, lent } = scriptedPool({ max: 1 }, { sessionsOver })
  const { borrow, connection } = await lent()
  connection.session = 4711
  await expect(cancelStatement(pool, 1)).rejects.toMatchObject({ code: 'SPY_STATEMENT_NOT_RUNNING' })
  connection.running = {}
  await cancelStatement(pool, 1)
  expect(cancelled).toEqual([4711])
  const late = cancelStatement(pool, 1)
  connection.running = undefined
  pool.return(borrow)
  connection.running = {} // of the next borrower
  await expect(late).rejects.toMatchObject({ code: 'SPY_STATEMENT_NOT_RUNNING' })
  await expect(cancelStatement(pool, 1)).rejects.toMatchObject({ code: 'SPY_CONNECTION_NOT_LENT' })
  expect(cancelled).toEqual([4711])
})
