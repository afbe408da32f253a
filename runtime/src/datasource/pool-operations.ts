/** What is done with a pool of a datasource, whether it is its only one or that of a member. */
import { currentAgent } from '@spyglass/agent'
import { fail } from './errors.ts'
import type { Pool } from './pool/index.ts'
import { askDatabase, type AskedDatabase, autopsyOf, autopsyRow, cancelStatement, operatorRead, operatorWrite } from './sessions/index.ts'

/** Settings that a connection is opened with. */
export const OPENED_WITH = ['url', 'password', 'passwordFrom', 'keepAliveMs', 'statementTimeoutMs'] as const

/** Once, where the database has been reached: who opens nothing at the start asks nothing either. */
export async function askLimit(pool: Pool): Promise<void> {
  if (!pool.driver.sessionsOver || pool.size === 0) return
  try {
    pool.serverConnections = await askDatabase(pool, (database) => database.maxConnections())
  } catch {
    pool.serverConnections = undefined // its connections report why it cannot be asked
  }
}

/** `databases`: those that an operator's statement is for. */
export function carryOutOn(
  pool: Pool,
  operation: string,
  given: Readonly<Record<string, unknown>>,
  databases: ReadonlyMap<string, AskedDatabase> = new Map([['', pool]]),
): unknown {
  const { connection, statement } = given
  if (operation === 'sql') return operatorRead(databases, String(statement))
  if (operation === 'execute') return operatorWrite(databases, String(statement))
  if (operation === 'autopsy') return autopsyOf(pool).then((holders) => holders.map(autopsyRow))
  if (operation === 'cancel') return cancelStatement(pool, Number(connection))
  if (operation === 'reclaim') return pool.reclaimLent(Number(connection))
  throw fail('SPY_DATASOURCE_OPERATION', [pool.settings.name, operation])
}

/** A connection still lent to the request keeps its trace. */
export function markLeaks({ borrows }: Pool, traceId: string): void {
  if (borrows.size === 0 || traceId === '') return
  for (const { asker, returned } of borrows.values()) {
    if (!returned && asker.context && asker.traceId === traceId) asker.context.runInAsyncScope(() => currentAgent()?.markLeak())
  }
}
