import { expect, test } from 'vitest'
import type { DatabaseSessions } from '../../../../runtime/src/datasource/database-sessions.ts'
import { askDatabase } from '../../../../runtime/src/datasource/sessions/index.ts'
import { turns } from '../fixture.ts'
import { outcomeOf, scriptedPool } from '../pool/scripted-driver.ts'

const sessionsOver = () => ({ maxConnections: async () => 7 }) as unknown as DatabaseSessions

test('a database is asked over a connection of its own, which is closed and does not count', async () => {
  const { pool, connections } = scriptedPool({ max: 1 }, { sessionsOver })
  await pool.lend({ location: () => '', frames: () => [] }, true)
  expect(await askDatabase(pool, (database) => database.maxConnections())).toBe(7)
  expect([pool.size, connections.map(({ closed }) => closed)]).toEqual([1, [[], [1000]]])
})

test('one that does not answer is given up in time, and its connection closed', async () => {
  const { pool, clock, connections, connects } = scriptedPool({ connectTimeoutMs: 3000 }, { sessionsOver })
  const asked = askDatabase(pool, () => new Promise<never>(() => {}))
  await turns()
  clock.advance(3000)
  await expect(asked).rejects.toMatchObject({ code: 'SPY_SESSIONS_UNKNOWN', cause: { code: 'SPY_CONNECTION_SILENT' } })
  expect(connections[0]?.closed).toEqual([0])
  connects.push(undefined, new Promise<never>(() => {}))
  const unreached = askDatabase(pool, (database) => database.maxConnections())
  clock.advance(3000)
  expect(await outcomeOf(unreached)).toBe('SPY_SESSIONS_UNKNOWN')
})

test('a driver that has no sessions says so', async () => {
  const { pool } = scriptedPool()
  await expect(askDatabase(pool, (database) => database.maxConnections())).rejects.toThrow('driver scripted has none')
})
