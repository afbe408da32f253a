/** What a PostgreSQL is in its group: recovery, timeline, LSN, and how far a standby is behind. */
import { textOf } from '../database-sessions.ts'
import type { Standing } from '../standing.ts'
import type { PgClient } from './pg-module.ts'

/**
 * The timeline of a server that accepts writes is that of its log; the one of its last checkpoint may be older for minutes. That of a standby is known to
 * roles with pg_read_all_stats while it receives. A standby that has replayed all and goes on receiving is not behind, however long ago the last commit was.
 */
const STANDING = `
SELECT pg_is_in_recovery() AS standby,
  (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END - '0/0'::pg_lsn)::text AS position,
  CASE WHEN NOT pg_is_in_recovery() THEN pg_walfile_name(pg_current_wal_insert_lsn()) END AS walfile,
  (SELECT received_tli FROM pg_stat_wal_receiver) AS timeline,
  CASE WHEN NOT pg_is_in_recovery() OR (EXISTS (SELECT FROM pg_stat_wal_receiver) AND pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()) THEN 0
    ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000 END::float8 AS "lagMs"`

const TIMELINE_DIGITS = 8

export async function pgStanding(client: PgClient): Promise<Standing> {
  const { rows } = await client.query(STANDING)
  return pgStandingOf(rows[0] ?? {})
}

/** The row, in whatever types the application has told pg to read. */
export function pgStandingOf({ standby, position, walfile, timeline, lagMs }: Readonly<Record<string, unknown>>): Standing {
  const isWritable = standby === false || standby === 'f'
  return {
    isWritable,
    timeline: isWritable ? Number.parseInt(textOf(walfile).slice(0, TIMELINE_DIGITS), 16) : Number(timeline ?? 0),
    position: BigInt(typeof position === 'string' ? position : 0),
    lagMs: lagMs === null || lagMs === undefined ? undefined : Math.max(0, Number(lagMs)),
  }
}
