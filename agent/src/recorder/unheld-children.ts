/**
 * The children for which a record has no place, summed by what they are when they end: their number stays exact, and of their time what they cover
 * together. There is one for a record with more than MAX_CHILDREN.
 */
import { causeKey } from './cause.ts'
import type { Child } from './child.ts'

/** A request does not wait for more different things so often. Those of others are in its number of dropped children only. */
const MAX_GROUPS = 32

export interface UnheldGroup {
  /** The first of them that ended. */
  readonly sample: Child
  count: number
  /** Time in which at least one of them was in progress; less than that where one that ended later had begun earlier. */
  coveredMs: number
  coveredUntilMs: number
}

export class UnheldChildren {
  readonly #groups = new Map<unknown, UnheldGroup>()
  /** When the first of them began. */
  readonly sinceMs: number

  constructor(sinceMs: number) {
    this.sinceMs = sinceMs
  }

  get groups(): readonly UnheldGroup[] {
    return [...this.#groups.values()]
  }

  ended(child: Child): void {
    const group = this.#groupOf(child)
    if (!group) return
    group.count++
    group.coveredMs += Math.max(0, child.endMs - Math.max(child.startMs, group.coveredUntilMs))
    group.coveredUntilMs = Math.max(group.coveredUntilMs, child.endMs)
  }

  #groupOf(child: Child): UnheldGroup | undefined {
    const key = keyOf(child)
    let group = this.#groups.get(key)
    if (group || this.#groups.size >= MAX_GROUPS) return group
    group = { sample: child, count: 0, coveredMs: 0, coveredUntilMs: this.sinceMs }
    this.#groups.set(key, group)
    return group
  }
}

/** Statements of one shape share an object. */
function keyOf(child: Child): unknown {
  const { kind, detail } = child
  const memory = kind.memory?.(detail)
  if (memory) return memory
  const cause = kind.cause?.(child)
  return cause ? causeKey(cause) : kind
}
