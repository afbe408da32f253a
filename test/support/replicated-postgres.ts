/** A PostgreSQL with a synchronous standby: it acknowledges nothing that its standby does not have. */
import pg from 'pg'
import { onTestFinished, type TestContext } from 'vitest'
import { type Postgres, type PostgresNode, startPostgres, startPostgresStandby } from './postgres.ts'
import { until } from './until.ts'

export const urlOf = ({ user, host, port, database }: Postgres): string => `postgres://${user}@${host}:${port}/${database}`

export async function asked(server: Postgres, sql: string): Promise<readonly Record<string, unknown>[]> {
  const { host, port, user, database } = server
  const client = new pg.Client({ host, port, user, database })
  await client.connect()
  try {
    return (await client.query(sql)).rows as Record<string, unknown>[]
  } finally {
    await client.end()
  }
}

/** Both end with the test. `prepare`: statements that the primary runs before it has a standby. */
export async function replicatedPostgres(
  context: TestContext,
  prepare: readonly string[] = [],
): Promise<{ readonly primary: PostgresNode; readonly standby: PostgresNode }> {
  const primary = await startPostgres(context)
  onTestFinished(() => primary.stop())
  for (const statement of prepare) await asked(primary, statement)
  const standby = await startPostgresStandby(context, primary)
  onTestFinished(() => standby.stop())
  await asked(primary, `ALTER SYSTEM SET synchronous_standby_names = '*'`)
  await asked(primary, 'SELECT pg_reload_conf()')
  await until(async () => (await asked(primary, `SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'`)).length > 0)
  return { primary, standby }
}
