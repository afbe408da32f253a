import { fail } from '../errors.ts'
import type { Pool } from '../pool/index.ts'
import { askDatabase } from './ask-database.ts'

/**
 * Has the database end the statement that runs on a lent connection; its borrower gets the database's error and keeps the connection.
 * @throws SPY_CONNECTION_NOT_LENT, SPY_STATEMENT_NOT_RUNNING, SPY_SESSIONS_UNKNOWN
 */
export async function cancelStatement(pool: Pool, connection: number): Promise<void> {
  const borrow = pool.lentAs(connection)
  const isCancelled = await askDatabase(pool, async (database) => {
    const { session } = borrow.entry.connection
    // it may have ended while the database was reached, and the connection may have another borrower now
    if (borrow.returned || !borrow.isRunning || session === undefined) return false
    await database.cancel(session)
    return true
  })
  if (!isCancelled) throw fail('SPY_STATEMENT_NOT_RUNNING', [pool.settings.name, connection])
}
