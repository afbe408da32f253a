/** A load that may throw at once, fail, or never end. */
import { type Clock, outsideContext } from '../clock/index.ts'

/** Gives a value of the cache; `signal` is aborted when it took too long. */
export type Load<T> = (context: { readonly signal: AbortSignal }) => T | Promise<T>

export interface TimeLimit {
  readonly timeoutMs: number
  readonly late: () => Error
}

/** Calls `load` at once. Rejects in time; what it brings later is dropped. */
export async function loadInTime<T>(load: Load<T>, { timeoutMs, late }: TimeLimit, clock: Clock): Promise<T> {
  const abort = new AbortController()
  let stopWaiting = (): void => {}
  const limit = new Promise<never>((_resolve, reject) => {
    stopWaiting = clock.after(timeoutMs, () => {
      const error = late()
      reject(error)
      abort.abort(error)
    })
  })
  try {
    return await Promise.race([called(load, abort.signal), limit])
  } finally {
    stopWaiting()
  }
}

/** Calls it now; what it throws is a rejection. */
const called = async <T>(load: Load<T>, signal: AbortSignal): Promise<T> => await load({ signal })

/** Runs what nobody waits for. It carries the context of no request. */
export const inBackground = (task: () => Promise<unknown>): void => void outsideContext(task).catch(() => {})
