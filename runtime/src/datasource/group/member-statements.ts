/** Statements of an application over members: the same for each, and an answer of each. */
import { captureCallSite } from '@spyglass/agent'
import type { RunAnswer, RunStatement } from '../driver.ts'
import { fail } from '../errors.ts'
import type { Facade } from '../facade.ts'
import type { Borrow, Pool } from '../pool/index.ts'

/** What a member answered: rows and changes, or an error. */
export interface MemberAnswer extends Partial<RunAnswer> {
  readonly member: string
  readonly error?: unknown
}

/** The last answer of each; one that fails does not keep the others from theirs. */
export async function runOnMembers(
  pools: ReadonlyMap<string, Pool>,
  run: (pool: Pool) => Promise<RunAnswer>,
): Promise<readonly MemberAnswer[]> {
  return await Promise.all(
    [...pools].map(async ([member, pool]) => {
      try {
        return { member, ...(await run(pool)) }
      } catch (error) {
        return { member, error }
      }
    }),
  )
}

/** One statement on a connection of its own. */
export const runOnce = (statement: RunStatement, calledFrom: Facade) => (pool: Pool) =>
  withConnection(pool, calledFrom, (run) => run(statement))

/** All statements in one transaction. The answer is that of the last. */
export const runTogether = (statements: readonly RunStatement[], calledFrom: Facade) => (pool: Pool) =>
  withConnection(pool, calledFrom, async (run) => {
    await run({ text: 'BEGIN' })
    let last: RunAnswer = { rows: [], changes: 0 }
    for (const statement of statements) last = await run(statement)
    await run({ text: 'COMMIT' })
    return last
  })

/** What is left open by an error is rolled back when the connection is returned. */
async function withConnection(
  pool: Pool,
  calledFrom: Facade,
  use: (run: (statement: RunStatement) => Promise<RunAnswer>) => Promise<RunAnswer>,
): Promise<RunAnswer> {
  const borrow = await pool.lend(captureCallSite(calledFrom), true)
  try {
    return await use((statement) => runOn(pool, borrow, statement))
  } finally {
    pool.return(borrow)
  }
}

async function runOn(pool: Pool, borrow: Borrow, statement: RunStatement): Promise<RunAnswer> {
  const { runOver, name } = pool.driver
  const { connection } = borrow.entry
  if (!runOver) throw fail('SPY_SESSIONS_UNKNOWN', [pool.settings.name, `driver ${name} has no groups`])
  const { inTransaction } = connection
  borrow.text = statement.text
  try {
    return await runOver(connection, statement)
  } catch (error) {
    throw pool.commits?.errorOf(error, statement.text, inTransaction) ?? error
  }
}
