/**
 * Ends a running statement from outside. The engine gives a session no handle on its statement, so each one carries a tag of ours in
 * front, by which the admin session kills it. A kill may come before the engine lists the statement: it is repeated until it ends.
 */
import type { SessionPool } from './session-pool.ts'

export interface Canceller {
  /** Runs `work` with a tag to be put in front of its statement; when `signal` aborts, the statement so tagged is killed. */
  guard<T>(signal: AbortSignal, work: (tag: string) => Promise<T>): Promise<T>
}

const FIRST_RETRY_MS = 50
/** A statement that does not check for a kill is not stopped by more kills. */
const MAX_RETRY_MS = 1000

export function createCanceller(admin: SessionPool): Canceller {
  let last = 0

  /** Only ASYNC: the synchronous form waits for the statement inside the engine and can stop the process. */
  async function kill(tag: string): Promise<void> {
    await admin.use((session) => session.query(`KILL QUERY WHERE startsWith(query, '${tag}') ASYNC`, 'Null'))
  }

  return {
    async guard(signal, work) {
      const tag = `/*spyglass:${++last}*/ `
      let timer: NodeJS.Timeout | undefined
      let waitMs = FIRST_RETRY_MS
      const end = (): void => {
        kill(tag).catch(() => {}) // repeated below, whether it failed or came too early
        timer = setTimeout(end, waitMs)
        waitMs = Math.min(waitMs * 2, MAX_RETRY_MS)
      }
      signal.addEventListener('abort', end, { once: true })
      if (signal.aborted) end()
      try {
        return await work(tag)
      } finally {
        signal.removeEventListener('abort', end)
        clearTimeout(timer)
      }
    },
  }
}
