/** Promises of libraries: the application gets what it would get without us. */

/** What ends as a promise is settled: a child. */
interface Ended {
  end(error?: unknown): void
}

/**
 * The promise, with `ended` ended before its other listeners are called. It is passed on, not listened to beside: a rejection that the application leaves unhandled must
 * stay so.
 */
export function passedOn<T>(promise: PromiseLike<T>, ended: Ended): PromiseLike<T> {
  if (typeof promise?.then !== 'function') {
    ended.end() // a version that has another way
    return promise
  }
  return promise.then(
    (value) => {
      ended.end()
      return value
    },
    (error: unknown) => {
      ended.end(error ?? new Error('undefined was thrown'))
      throw error
    },
  )
}
