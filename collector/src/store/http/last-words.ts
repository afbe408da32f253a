/**
 * Chunks that end with an error when nobody waits for them any more, so that the client still reads why. One that does not read, or whose
 * connection takes nothing, gets no such words: it must not hold a session.
 */

/** From the last words to the end of the connection. */
const LAST_WORDS_MS = 1000

export interface Worded {
  /** Ends with the reason of the signal. */
  readonly chunks: AsyncGenerator<Uint8Array>
  /** Aborts when the connection has to end, whatever was still to be sent. */
  readonly over: AbortSignal
}

export function withLastWords(source: AsyncIterable<Uint8Array>, signal: AbortSignal, lastWordsMs = LAST_WORDS_MS): Worded {
  const over = new AbortController()
  /** While the source is asked for a chunk. */
  let giveUp: ((reason: unknown) => void) | undefined

  const onAbort = (): void => {
    if (!giveUp) return over.abort()
    giveUp(signal.reason)
    setTimeout(() => over.abort(), lastWordsMs).unref()
  }
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()

  async function* chunks(): AsyncGenerator<Uint8Array> {
    const iterator = source[Symbol.asyncIterator]()
    try {
      for (;;) {
        const step = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
          giveUp = reject
          iterator.next().then(resolve, reject)
        })
        giveUp = undefined
        if (step.done) return
        yield step.value
      }
    } finally {
      giveUp = undefined
      void iterator.return?.()?.catch(() => {}) // what is under way ends by itself
    }
  }

  return { chunks: chunks(), over: over.signal }
}
