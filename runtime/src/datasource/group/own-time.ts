/** A time limit for what another must answer, in the time in which this process could have read the answer (decision 016). */
import type { Clock } from '../../clock/index.ts'

/** The loop turns after each, and so reads what has come. */
const SLICES = 10

/**
 * Settles as `asked` does, or rejects with `late()` when that takes longer than `ms`. Time in which the event loop was held up does not count, up to ten
 * times: one that is always held up could not tell that a member is down otherwise.
 */
export function withinOwnTime<T>(clock: Clock, ms: number, asked: Promise<T>, late: () => Error): Promise<T> {
  const sliceMs = ms / SLICES
  let [left, excuses] = [SLICES, SLICES]
  let cancel = (): void => {}
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const wait = (): void => {
    const since = clock.now()
    cancel = clock.after(sliceMs, () => {
      const wasHeldUp = clock.now() - since > 2 * sliceMs && excuses-- > 0
      if (!wasHeldUp) left--
      if (left > 0) wait()
      // timers ring before sockets are read: the answer may be here
      else setImmediate(() => reject(late()))
    })
  }
  wait()
  asked.then(resolve, reject)
  return promise.finally(() => cancel())
}
