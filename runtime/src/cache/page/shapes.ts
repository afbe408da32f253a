/** What is known of addresses and pages without a page: by which fields answers vary, and which were not to be kept just now. Bounded; what is forgotten is learned again. */
import type { Clock } from '../../clock/index.ts'

const MAX_KNOWN = 10_000
/** An answer that varies by more is for hardly anybody else. */
export const MAX_VARY = 8
/** For so long nobody waits for the answer of another, since the last one was not to be kept. */
const PASS_MS = 2000

export class Shapes {
  readonly #clock: Clock
  readonly #vary = new Map<string, readonly string[]>()
  readonly #passed = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** In the order of the alphabet. */
  varyOf(address: string): readonly string[] {
    return this.#vary.get(address) ?? []
  }

  /** What is known stays: answers for the same address may vary by different fields. Returns whether it is known now. */
  learn(address: string, names: readonly string[]): boolean {
    const all = [...new Set([...this.varyOf(address), ...names])].sort()
    if (all.length > MAX_VARY) return false
    putBounded(this.#vary, address, all)
    return true
  }

  pass(key: string): void {
    putBounded(this.#passed, key, this.#clock.now() + PASS_MS)
  }

  isPassed(key: string): boolean {
    const until = this.#passed.get(key)
    if (until === undefined) return false
    if (this.#clock.now() < until) return true
    this.#passed.delete(key)
    return false
  }
}

function putBounded<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key)
  map.set(key, value)
  if (map.size > MAX_KNOWN) map.delete(map.keys().next().value!)
}
