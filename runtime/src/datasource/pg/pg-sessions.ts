/** Sessions of PostgreSQL: `pg_stat_activity`, `pg_blocking_pids`, `pg_cancel_backend`. */
import { type DatabaseSessions, type ReadLimits, textOf } from '../database-sessions.ts'
import type { PgClient } from './pg-module.ts'

/** Blockers are looked for once for each session: the function locks the table of locks. */
const SESSIONS = `
WITH blocked AS (SELECT pid, pg_blocking_pids(pid) AS by FROM unnest($1::int[]) AS pid)
SELECT pid AS id, coalesce(state, backend_type) AS state, query AS statement,
  (extract(epoch FROM clock_timestamp() - state_change) * 1000)::int AS "stateMs",
  concat_ws(': ', wait_event_type, wait_event) AS "waitsFor",
  concat_ws(', ', nullif(application_name, ''), usename, host(client_addr)) AS who,
  (SELECT array_to_string(by, ',') FROM blocked WHERE blocked.pid = pg_stat_activity.pid) AS "blockedBy"
FROM pg_stat_activity
WHERE pid = ANY ($1) OR pid IN (SELECT unnest(by) FROM blocked)`

/** What is kept for administrators is not for applications; a role and a database may have limits of their own. */
const MAX_CONNECTIONS = `
SELECT least(
  current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
  (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user),
  (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database())
)::int AS n`

export function pgSessions(client: PgClient): DatabaseSessions {
  return {
    async look(ids) {
      const { rows } = await client.query(SESSIONS, [ids])
      return rows.map((row) => ({
        id: Number(row['id']),
        state: textOf(row['state']),
        stateMs: Number(row['stateMs'] ?? 0),
        waitsFor: textOf(row['waitsFor']),
        who: textOf(row['who']),
        statement: textOf(row['statement']),
        blockedBy: textOf(row['blockedBy']).split(',').filter(Boolean).map(Number),
      }))
    },
    async cancel(id) {
      await client.query('SELECT pg_cancel_backend($1)', [id])
    },
    read: (text, limits) => read(client, text, limits),
    async maxConnections() {
      return Number((await client.query(MAX_CONNECTIONS)).rows[0]?.['n'])
    },
  }
}

/** What can have a cursor is fetched as far as the limit; the rest (`SHOW`, `EXPLAIN`) is short. */
const HAS_CURSOR = /^[\s(]*(select|with|values|table)\b/i

async function read(client: PgClient, text: string, { rows, timeoutMs }: ReadLimits) {
  await client.query(`SET statement_timeout = ${Math.ceil(timeoutMs)}`)
  await client.query('BEGIN TRANSACTION READ ONLY')
  if (!HAS_CURSOR.test(text)) return (await client.query({ text, queryMode: 'extended' })).rows.slice(0, rows)
  await client.query({ text: `DECLARE spyglass NO SCROLL CURSOR FOR ${text}`, queryMode: 'extended' })
  return (await client.query(`FETCH ${rows} FROM spyglass`)).rows
}
