/**
 * Errors that nobody catches while a program starts end its start, not the process, which may be that of other applications. Programs
 * that listen to `uncaughtException` themselves keep their way.
 */

export interface UncaughtWatch {
  /** Rejects with the first error. */
  readonly failure: Promise<never>
  /** From now on its errors are those of the process. */
  stop(): void
}

interface Watcher {
  readonly isMine: () => boolean
  readonly fail: (error: unknown) => void
}

const watchers = new Set<Watcher>()

function onUncaught(error: unknown): void {
  if (process.listenerCount('uncaughtException') > 1) return
  const watcher = [...watchers].find(({ isMine }) => isMine())
  if (!watcher) throw error // ends the process, as if nobody had listened
  watcher.fail(error)
}

/** `isMine` is asked in the asynchronous context of the error. */
export function watchUncaught(isMine: () => boolean): UncaughtWatch {
  const { promise, reject } = Promise.withResolvers<never>()
  promise.catch(() => undefined)
  const watcher: Watcher = { isMine, fail: reject }
  if (watchers.size === 0) process.on('uncaughtException', onUncaught)
  watchers.add(watcher)
  return {
    failure: promise,
    stop() {
      watchers.delete(watcher)
      if (watchers.size === 0) process.off('uncaughtException', onUncaught)
    },
  }
}
