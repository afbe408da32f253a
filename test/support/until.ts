/** A busy machine needs long; less than the time of a test, so that the failure names what was waited for. */
const PATIENCE_MS = 100_000

/** Waits until `probe` gives a value that is not undefined or false, or throws after the deadline with the last error seen. */
export async function until<T>(probe: () => T | undefined | false | Promise<T | undefined | false>, deadlineMs = PATIENCE_MS): Promise<T> {
  const end = Date.now() + deadlineMs
  let last: unknown
  for (;;) {
    try {
      const value = await probe()
      if (value !== undefined && value !== false) return value
    } catch (error) {
      last = error
    }
    if (Date.now() > end) throw new Error(`not within ${deadlineMs} ms`, { cause: last })
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
