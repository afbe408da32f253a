/** Records a wait for a connection when it is over. */
import { currentRequestContext } from './context.ts'
import { type PoolWait, poolWait } from './kinds/pool-wait.ts'
import { now } from './clock.ts'
import type { Recorder } from './recorder.ts'

/** Shorter waits are counted, and make no child: a pool with a free connection takes less. */
const MIN_CHILD_MS = 1

/** `askedMs` is the process's clock when the connection was asked for. Call it in the context of the borrower. */
export function recordPoolWait(recorder: Recorder, detail: PoolWait, askedMs: number, error?: unknown): void {
  const endMs = now()
  const isLong = endMs - askedMs >= MIN_CHILD_MS
  const record = isLong ? currentRequestContext()?.root.record : undefined
  recorder.startChildOf(poolWait, detail, { record, parent: undefined, startMs: askedMs }).end(error, endMs)
}
