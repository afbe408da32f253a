/** Asks a database for the plan of a statement: plain EXPLAIN, which does not run it, in a transaction that cannot write and cannot wait. */
import type { StatementRun } from '../recorder/statement-run.ts'
import { explained } from './explainable.ts'
import { mysqlPlan } from './mysql-plan.ts'
import { type Ask, withOwnConnection } from './own-connection.ts'
import { postgresPlan } from './postgres-plan.ts'

const STATEMENT_MS = 1000
const LOCK_MS = 200

/** Normalised: no literal and no parameter is in it. */
export function askPlan(run: StatementRun): Promise<string> {
  return withOwnConnection(run, (ask) => (run.system === 'postgresql' ? askPostgres(run, ask) : askMysql(run, ask)))
}

async function askPostgres({ text, values }: StatementRun, ask: Ask): Promise<string> {
  await ask('BEGIN READ ONLY')
  await ask(`SET LOCAL statement_timeout = ${STATEMENT_MS}`)
  await ask(`SET LOCAL lock_timeout = ${LOCK_MS}`)
  const { rows } = (await ask(`EXPLAIN (FORMAT JSON) ${explained(text)}`, values)) as { rows: readonly Record<string, unknown>[] }
  await ask('ROLLBACK')
  return postgresPlan(rows[0]?.['QUERY PLAN'])
}

async function askMysql({ text, values, isPrepared }: StatementRun, ask: Ask): Promise<string> {
  const [{ version }] = (await ask('SELECT VERSION() AS version')) as [{ version: string }]
  await ask(
    /mariadb/i.test(version)
      ? `SET SESSION max_statement_time = ${STATEMENT_MS / 1000}`
      : `SET SESSION max_execution_time = ${STATEMENT_MS}`,
  )
  await ask('SET SESSION lock_wait_timeout = 1, innodb_lock_wait_timeout = 1')
  await ask('START TRANSACTION READ ONLY')
  const rows = await ask(`EXPLAIN ${explained(text)}`, values, isPrepared)
  await ask('ROLLBACK')
  return mysqlPlan(rows)
}
