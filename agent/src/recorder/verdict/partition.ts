/**
 * Divides a request's time among what it waited for, so that each moment counts once. Waits overlap: a moment belongs to the innermost wait that was
 * in progress, and of several beside each other to the one that ended last, since the request went on only then.
 */

export interface Interval {
  readonly startMs: number
  readonly endMs: number
}

/** An interval in which a request waited. */
export interface Wait extends Interval {
  /** What for: the same text for waits that are counted together. */
  readonly cause: string
  /** The wait that it happened in. */
  readonly outer?: Wait | undefined
  /** When what was waited for ended: of a wait for a connection, its statement. Default: its own end. */
  readonly untilMs?: number
  /** Wins over others that end at the same time. */
  readonly comesFirst?: boolean
  /** It was still in progress when the request ended: then nobody waited for it, unless the request was cut off. */
  readonly isOpen?: boolean
}

export interface Partition {
  readonly byCause: ReadonlyMap<string, number>
  /** What no wait covers, in order. */
  readonly uncovered: readonly Interval[]
}

/** `isCutOff`: the request did not end by itself, so that what was still in progress is what it waited for. */
export function partition(request: Interval, waits: readonly Wait[], isCutOff = false): Partition {
  const byCause = new Map<string, number>()
  const uncovered: Interval[] = []
  const within = waits.filter((wait) => lengthWithin(wait, request) > 0)
  const active = new ActiveWaits(within, isCutOff)
  let startMs = request.startMs
  for (const endMs of boundaries(request, within)) {
    active.moveTo(startMs)
    const { winner } = active
    if (winner) byCause.set(winner.cause, (byCause.get(winner.cause) ?? 0) + endMs - startMs)
    else extend(uncovered, { startMs, endMs })
    startMs = endMs
  }
  return { byCause, uncovered }
}

/** Those in progress at a moment. This runs in the application's thread, and a request may wait for hundreds of things at once: they are compared once. */
class ActiveWaits {
  /** Those that win come first. */
  readonly #ordered: readonly Wait[]
  readonly #isActive = new Set<Wait>()
  /** How many of the active ones are in it. */
  readonly #inner = new Map<Wait, number>()
  readonly #starting: readonly Wait[]
  readonly #ending: readonly Wait[]
  #started = 0
  #ended = 0

  constructor(waits: readonly Wait[], isCutOff: boolean) {
    const ranked = waits.map((wait) => ({ wait, ranks: ranks(wait, isCutOff) }))
    this.#ordered = ranked.toSorted(before).map(({ wait }) => wait)
    this.#starting = waits.toSorted((a, b) => a.startMs - b.startMs)
    this.#ending = waits.toSorted((a, b) => a.endMs - b.endMs)
  }

  /** The innermost one that comes first. */
  get winner(): Wait | undefined {
    if (this.#isActive.size === 0) return undefined
    return this.#ordered.find((wait) => this.#isActive.has(wait) && !this.#inner.get(wait))
  }

  /** Later than before. */
  moveTo(timeMs: number): void {
    for (let wait = this.#starting[this.#started]; wait && wait.startMs <= timeMs; wait = this.#starting[++this.#started]) {
      this.#isActive.add(wait)
      this.#count(wait.outer, 1)
    }
    for (let wait = this.#ending[this.#ended]; wait && wait.endMs <= timeMs; wait = this.#ending[++this.#ended]) {
      this.#isActive.delete(wait)
      this.#count(wait.outer, -1)
    }
  }

  #count(outer: Wait | undefined, by: number): void {
    for (let one = outer; one; one = one.outer) this.#inner.set(one, (this.#inner.get(one) ?? 0) + by)
  }
}

/** Common length of two intervals. */
export function lengthWithin(one: Interval, other: Interval): number {
  return Math.max(0, Math.min(one.endMs, other.endMs) - Math.max(one.startMs, other.startMs))
}

/** When something begins or ends within the request, and its end. */
function boundaries(request: Interval, waits: readonly Wait[]): number[] {
  const times = waits.flatMap(({ startMs, endMs }) => [startMs, endMs])
  const inside = times.filter((time) => time > request.startMs && time < request.endMs)
  return [...new Set([...inside, request.endMs])].sort((a, b) => a - b)
}

interface Ranked {
  readonly wait: Wait
  readonly ranks: readonly number[]
}

/** A total order but for waits of equal times and causes, so that the order of the children does not matter. */
function before(one: Ranked, other: Ranked): number {
  for (const [i, rank] of one.ranks.entries()) if (rank !== other.ranks[i]) return rank > (other.ranks[i] ?? 0) ? -1 : 1
  return one.wait.cause < other.wait.cause ? -1 : Number(one.wait.cause > other.wait.cause)
}

function ranks({ startMs, endMs, untilMs = endMs, comesFirst, isOpen }: Wait, isCutOff: boolean): readonly number[] {
  return [Number((isOpen ?? false) === isCutOff), untilMs, Number(comesFirst ?? false), startMs]
}

function extend(intervals: Interval[], { startMs, endMs }: Interval): void {
  const last = intervals.at(-1)
  if (last?.endMs === startMs) intervals[intervals.length - 1] = { startMs: last.startMs, endMs }
  else intervals.push({ startMs, endMs })
}
