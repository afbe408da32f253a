/** A bounded cache that evicts the least recently used entries, so that clients cannot fill the memory with made-up keys. */
export interface Lru<V> {
  get(key: string): V | undefined
  set(key: string, value: V): void
  clear(): void
  readonly size: number
}

/**
 * Creates a cache of at most `limit` entries in two generations: a hit in the young one costs a single lookup; when it is full, the old
 * one is dropped. An exact LRU order would cost a delete and an insert per hit.
 */
export function createLru<V>(limit: number): Lru<V> {
  const half = Math.max(1, Math.floor(limit / 2))
  let young = new Map<string, V>()
  let old = new Map<string, V>()

  function set(key: string, value: V): void {
    if (young.size >= half && !young.has(key)) {
      old = young
      young = new Map()
    }
    young.set(key, value)
  }

  return {
    get(key) {
      const value = young.get(key)
      if (value !== undefined) return value
      const older = old.get(key)
      if (older !== undefined) set(key, older)
      return older
    },
    set,
    clear() {
      young = new Map()
      old = new Map()
    },
    get size() {
      return young.size + old.size
    },
  }
}
