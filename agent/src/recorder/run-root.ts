/** A function as a root of its own: a job, the handler of a message. */
import { isPromise } from 'node:util/types'
import { attempt } from '../guard/guard.ts'
import { runInRequestContext } from './context.ts'
import { endWhenIdle } from './end-when-idle.ts'
import type { Recorder } from './recorder.ts'
import type { RootKind, TraceRecord } from './trace-record.ts'

export interface Run<D extends object> {
  readonly kind: RootKind<D>
  readonly detail: D
  /** What it is called, in the span's name and in the place of a route. */
  readonly name: string
}

/**
 * Calls `fn` in a root of its own, which ends when what it returns is settled; without a promise, when nothing that it began runs. The caller gets the same value, promise or exception: a promise is
 * passed on and not listened to beside, so that a rejection which nobody handles stays so. Another thenable, as a query that runs when it is awaited, is
 * left alone.
 */
export function runRoot<D extends object, R>(recorder: Recorder, { kind, detail, name }: Run<D>, fn: () => R): R {
  const record = attempt(kind.name, () => recorder.beginRoot(kind, detail), undefined)
  if (!record) return fn()
  record.routeTemplate = name
  try {
    const result = runInRequestContext(record.requestContext, fn)
    if (!isPromise(result)) {
      attempt(kind.name, () => endWhenIdle(recorder, record), undefined)
      return result
    }
    return (result as Promise<unknown>).then(
      (value) => {
        ended(recorder, record)
        return value
      },
      (error: unknown) => {
        ended(recorder, record, error)
        throw error
      },
    ) as R
  } catch (error) {
    ended(recorder, record, error)
    throw error
  }
}

/** `undefined` may be thrown as well. */
function ended(recorder: Recorder, record: TraceRecord, ...failure: [] | [unknown]): void {
  attempt(
    record.kind.name,
    () => recorder.endRoot(record, failure.length === 0 ? undefined : (failure[0] ?? new Error('undefined was thrown'))),
    undefined,
  )
}
