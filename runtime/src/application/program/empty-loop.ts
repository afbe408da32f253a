/**
 * Notices at once that a program has come to its end before it could be served: its event loop is empty. In plain Node the process would exit
 * then; here other things keep it alive, which are let go of for the time of the start.
 */

/** What keeps the event loop alive besides the program. */
export interface KeepAlive {
  hold(): void
  release(): void
}

export interface EmptyLoopWatch {
  /** Rejects when the event loop has nothing left to do. */
  readonly failure: Promise<never>
  /** The program serves, or has failed: the process stays. */
  stop(): void
}

/** `reason` is asked when the loop is empty. Without `keepAlive` it is never noticed. */
export function emptyLoop(keepAlive: KeepAlive | undefined, reason: () => Error): EmptyLoopWatch {
  const { promise, reject } = Promise.withResolvers<never>()
  promise.catch(() => undefined)
  const onEmpty = (): void => {
    keepAlive?.hold()
    reject(reason())
  }
  if (keepAlive) {
    process.once('beforeExit', onEmpty)
    keepAlive.release()
  }
  return {
    failure: promise,
    stop() {
      process.off('beforeExit', onEmpty)
      keepAlive?.hold()
    },
  }
}
