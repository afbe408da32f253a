/** How long this thread was ready to run and waited for a processor, since it began. Linux only. */
import { readFileSync } from 'node:fs'

const SCHEDSTAT = '/proc/thread-self/schedstat'
let isKnown = true

/** In milliseconds; 0 on systems that do not tell. A call costs some 15 µs (proc(5): the second number, in nanoseconds). */
export function runDelayMs(): number {
  if (!isKnown) return 0
  try {
    return Number(readFileSync(SCHEDSTAT, 'latin1').split(' ')[1]) / 1e6 || 0
  } catch {
    isKnown = false // another system, or /proc is not mounted
    return 0
  }
}
