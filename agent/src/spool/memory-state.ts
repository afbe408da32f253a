/** How full the memory of the process is, as far as it can be seen from inside. */
import process from 'node:process'
import { getHeapStatistics } from 'node:v8'

export interface MemoryState {
  readonly heapUsed: number
  readonly heapLimit: number
  readonly rss: number
  /** Of the container; 0 when there is none. */
  readonly rssLimit: number
}

const MIB = 2 ** 20
/** V8 gives up before its heap is quite full, and a last look comes some time before that. */
const FULL = 0.85
const FILLING = 0.7
const STEP = 0.02
const LOOK_EVERY_MS = 5
/** Part of the container's memory from which it is asked each time. */
const RSS_WATCHED = 0.5
/** Above this a limit is none. */
const NO_LIMIT = 2 ** 50

/** V8's own limit counts the young generation three times; the old one's is what an application runs into. */
const OLD_SPACE = /--max[-_]old[-_]space[-_]size[= ](\d+)/
const oldSpaceMiB = Number(OLD_SPACE.exec(`${process.execArgv.join(' ')} ${process.env['NODE_OPTIONS'] ?? ''}`)?.[1] ?? 0)

const constrained = process.constrainedMemory()
const rssLimit = constrained > 0 && constrained < NO_LIMIT ? constrained : 0

/** Asking the system takes as long as the rest of a write. */
const RSS_EVERY_MS = 1000
let rss = 0
let rssSeenMs = Number.NEGATIVE_INFINITY

export function memoryState(): MemoryState {
  const nowMs = performance.now()
  if (nowMs - rssSeenMs >= RSS_EVERY_MS || (rssLimit > 0 && rss >= rssLimit * RSS_WATCHED)) {
    rssSeenMs = nowMs
    rss = process.memoryUsage.rss()
  }
  return { ...heapState(), rss, rssLimit }
}

type HeapState = Pick<MemoryState, 'heapUsed' | 'heapLimit'>

/**
 * Looks at the heap after collections. A look costs ten microseconds, so there are few of them while there is room; near the limit each counts, since some
 * milliseconds of allocations are left.
 */
export class HeapWatch {
  readonly #read: () => HeapState
  readonly #now: () => number
  #seenMs = Number.NEGATIVE_INFINITY
  #isNear = false

  constructor(now: () => number, read: () => HeapState = heapState) {
    this.#now = now
    this.#read = read
  }

  /** Whether the heap is more than usually full, and fuller than in the state that was last written. */
  isFilling(written: HeapState | undefined): boolean {
    const nowMs = this.#now()
    if (!this.#isNear && nowMs - this.#seenMs < LOOK_EVERY_MS) return false
    this.#seenMs = nowMs
    const { heapUsed, heapLimit } = this.#read()
    this.#isNear = heapUsed >= heapLimit * FILLING
    return this.#isNear && heapUsed >= (written?.heapUsed ?? 0) + heapLimit * STEP
  }
}

function heapState(): HeapState {
  const { used_heap_size: heapUsed, heap_size_limit: limit } = getHeapStatistics()
  return { heapUsed, heapLimit: oldSpaceMiB > 0 ? Math.min(limit, oldSpaceMiB * MIB) : limit }
}

export function wasOutOfMemory({ heapUsed, heapLimit, rss, rssLimit }: MemoryState): boolean {
  return heapUsed >= heapLimit * FULL || (rssLimit > 0 && rss >= rssLimit * FULL)
}

/** `195 of 200 MiB of the V8 heap and 300 MiB of memory were in use`. */
export function memoryText({ heapUsed, heapLimit, rss, rssLimit }: MemoryState): string {
  const mebibytes = (bytes: number): number => Math.round(bytes / MIB)
  const whole = rssLimit > 0 ? `${mebibytes(rss)} of ${mebibytes(rssLimit)}` : mebibytes(rss)
  return `${mebibytes(heapUsed)} of ${mebibytes(heapLimit)} MiB of the V8 heap and ${whole} MiB of memory were in use`
}
