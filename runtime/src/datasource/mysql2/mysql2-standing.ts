/** What a MariaDB or MySQL is in its group: whether it accepts writes and copies nobody, the GTIDs that it has, and how far it is behind. */
import { codeOf } from '@spyglass/agent/contract'
import { textOf } from '../database-sessions.ts'
import type { Standing } from '../standing.ts'
import { called } from './mysql2-connection.ts'
import type { MysqlConnection } from './mysql2-module.ts'

type Row = Readonly<Record<string, unknown>>

/** Accounts without the privilege for the status of a replica get one of these; a server without the newer statement the last. */
const REFUSALS: ReadonlySet<string | undefined> = new Set(['ER_SPECIFIC_ACCESS_DENIED_ERROR', 'ER_PARSE_ERROR'])

export async function mysql2Standing(connection: MysqlConnection): Promise<Standing> {
  const rowsOf = async (sql: string): Promise<readonly Row[]> =>
    (await called((done) => connection.query({ sql, rowsAsArray: false }, done))) as readonly Row[]
  const isMariaDb = connection._handshakePacket?.serverVersion?.includes('MariaDB') ?? false
  const gtid = isMariaDb
    ? '@@global.gtid_binlog_state AS gtid, @@global.gtid_slave_pos AS copied'
    : '@@global.gtid_executed AS gtid, @@global.gtid_mode AS gtidMode'
  const [row = {}] = await rowsOf(`SELECT @@global.read_only AS readOnly, @@global.log_bin AS logBin, ${gtid}`)
  return mysqlStandingOf(row, await replicaStatus(rowsOf))
}

/** Undefined when the account may not know. */
async function replicaStatus(rowsOf: (sql: string) => Promise<readonly Row[]>): Promise<readonly Row[] | undefined> {
  for (const sql of ['SHOW REPLICA STATUS', 'SHOW SLAVE STATUS']) {
    try {
      return await rowsOf(sql)
    } catch (error) {
      if (!REFUSALS.has(codeOf(error))) throw error
    }
  }
  return undefined
}

/** `status` has a row for a server that copies another, and for one that has been told to stop that. */
export function mysqlStandingOf(row: Row, status: readonly Row[] | undefined): Standing {
  const copying = status?.find((one) => !isStopped(one))
  const isWritable = Number(row['readOnly']) === 0 && !copying
  const behind = copying?.['Seconds_Behind_Master'] ?? copying?.['Seconds_Behind_Source']
  const isKnown = isWritable || (behind !== null && behind !== undefined)
  return {
    isWritable,
    timeline: 0,
    position: 0n,
    gtid: gtidOf(row),
    lagMs: isKnown ? Number(behind ?? 0) * 1000 : undefined,
  }
}

/** Both of its threads: one that stopped alone has failed. */
const isStopped = (row: Row): boolean =>
  (row['Slave_IO_Running'] ?? row['Replica_IO_Running']) === 'No' && (row['Slave_SQL_Running'] ?? row['Replica_SQL_Running']) === 'No'

/** All that it has. A server that writes no log, or transactions without a GTID, has more than it says. */
function gtidOf({ logBin, gtidMode = 'ON', gtid, copied }: Row): string {
  if (Number(logBin) !== 1 || gtidMode !== 'ON') return ''
  return [textOf(gtid), textOf(copied)].filter((text) => text !== '').join(',')
}
