/** Sessions of MariaDB: its list of processes, transactions of InnoDB and their waits for locks, `KILL QUERY`. */
import { codeOf } from '@spyglass/agent/contract'
import { type DatabaseSession, type DatabaseSessions, textOf } from '../database-sessions.ts'
import { called } from './mysql2-connection.ts'
import type { MysqlConnection } from './mysql2-module.ts'

type Row = Readonly<Record<string, unknown>>

const WAITS = `
SELECT waits.trx_mysql_thread_id AS id, blocks.trx_mysql_thread_id AS blocker
FROM information_schema.INNODB_LOCK_WAITS
JOIN information_schema.INNODB_TRX AS waits ON waits.trx_id = requesting_trx_id
JOIN information_schema.INNODB_TRX AS blocks ON blocks.trx_id = blocking_trx_id`

const TRANSACTIONS = 'SELECT trx_mysql_thread_id AS id, trx_state AS state FROM information_schema.INNODB_TRX'

export function mysql2Sessions(connection: MysqlConnection): DatabaseSessions {
  const rowsOf = async (sql: string): Promise<readonly Row[]> =>
    (await called((done) => connection.query({ sql, rowsAsArray: false }, done))) as readonly Row[]
  return {
    async look(ids) {
      const waits = await unlessRefused(rowsOf(WAITS))
      const transactions = new Map((await unlessRefused(rowsOf(TRANSACTIONS))).map((row) => [Number(row['id']), String(row['state'])]))
      const blockersOf = (id: number): number[] => waits.filter((row) => Number(row['id']) === id).map((row) => Number(row['blocker']))
      const wanted = new Set([...ids, ...ids.flatMap(blockersOf)])
      const processes = await rowsOf('SELECT * FROM information_schema.PROCESSLIST')
      return processes
        .filter((row) => wanted.has(Number(row['ID'])))
        .map((row) => sessionOf(row, { transaction: transactions.get(Number(row['ID'])), blockedBy: blockersOf(Number(row['ID'])) }))
    },
    async cancel(id) {
      await called((done) => connection.query(`KILL QUERY ${id}`, done))
    },
    async read(text, { rows }) {
      await called((done) => connection.query(`SET SESSION sql_select_limit = ${rows}`, done))
      await called((done) => connection.query('START TRANSACTION READ ONLY', done))
      return (await rowsOf(text)).slice(0, rows)
    },
    async maxConnections() {
      const [row] = await rowsOf('SELECT @@max_connections AS everybody, @@max_user_connections AS own')
      return Math.min(Number(row?.['everybody']), Number(row?.['own']) || Number.POSITIVE_INFINITY)
    },
  }
}

interface Transactional {
  /** State of its transaction, if it has one. */
  readonly transaction: string | undefined
  readonly blockedBy: readonly number[]
}

function sessionOf(row: Row, { transaction, blockedBy }: Transactional): DatabaseSession {
  const isIdle = row['COMMAND'] === 'Sleep'
  const idle = transaction === undefined ? 'idle' : 'idle in transaction'
  return {
    id: Number(row['ID']),
    state: isIdle ? idle : 'active',
    stateMs: Number(row['TIME_MS'] ?? Number(row['TIME']) * 1000),
    waitsFor: transaction === 'LOCK WAIT' ? 'Lock: row' : textOf(row['STATE']),
    who: [row['USER'], row['HOST']].filter(Boolean).join(', '),
    statement: textOf(row['INFO']),
    blockedBy,
  }
}

/** InnoDB is told to accounts with the privilege PROCESS alone, and in MySQL 8 elsewhere. What is left is without blockers. */
async function unlessRefused(asked: Promise<readonly Row[]>): Promise<readonly Row[]> {
  try {
    return await asked
  } catch (error) {
    if (['ER_SPECIFIC_ACCESS_DENIED_ERROR', 'ER_UNKNOWN_TABLE'].includes(codeOf(error) ?? '')) return []
    throw error
  }
}
