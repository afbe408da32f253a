/** Shares one expensive reading among getters: `fn` runs at most once in `ms` milliseconds. */
export function sampled<T>(ms: number, fn: () => T, now: () => number = Date.now): () => T {
  let value: T
  let readAt = Number.NEGATIVE_INFINITY
  return () => {
    const time = now()
    if (time - readAt >= ms) {
      value = fn()
      readAt = time
    }
    return value
  }
}
