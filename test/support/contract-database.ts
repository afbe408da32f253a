import { DATABASE, tables } from '@spyglass/agent/contract'
import { Session } from 'chdb'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDatabase, createTable } from '../../collector/src/schema/index.ts'

export interface ContractDatabase {
  /** Runs a query with ClickHouse parameters and returns its rows. */
  query(sql: string, parameters?: Readonly<Record<string, string | number>>): Record<string, unknown>[]
  /** Runs a statement that gives no rows. */
  run(sql: string): void
  close(): void
}

/** A real embedded ClickHouse in a temporary folder, with the contract's tables as the collector makes them. For process tests only. */
export function openContractDatabase(): ContractDatabase {
  const folder = mkdtempSync(join(tmpdir(), 'spyglass-chdb-'))
  const session = new Session(folder)
  session.query(createDatabase())
  for (const table of Object.values(tables)) session.query(createTable(table, { telemetryDays: 3650, rollupDays: 3650, pinnedDays: 90 }))
  session.query(`USE ${DATABASE}`)
  return {
    query(sql, parameters = {}) {
      const text = session.queryBind(sql, { ...parameters }, 'JSONEachRow')
      return text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, unknown>)
    },
    run: (sql) => void session.query(sql),
    close() {
      session.cleanup()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
