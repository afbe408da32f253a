/** Cancels a statement that runs, from another connection. */
import type { StatementRun } from '../recorder/statement-run.ts'
import { withOwnConnection } from './own-connection.ts'

/** Enough to tell it from what may run on the connection by now. */
const COMPARED = 500

/** `isRunning` is asked again when the connection is open: the statement may have ended meanwhile. */
export function cancelStatement(run: StatementRun, isRunning: () => boolean): Promise<unknown> {
  return withOwnConnection(run, async (ask) => {
    if (run.system === 'postgresql') {
      const { processID } = run.connection as { processID?: number }
      if (isRunning()) await ask(PG_CANCEL, [processID, run.text])
      return
    }
    await ask('SELECT 1') // mysql2 opens with the first one
    const { threadId } = run.connection as { threadId?: number }
    if (isRunning()) await ask(`KILL QUERY ${Number(threadId)}`)
  })
}

/** Behind a pooler the number may be that of another's process. */
const PG_CANCEL = `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = $1::int AND state = 'active' AND left(query, ${COMPARED}) = left($2::text, ${COMPARED})`
