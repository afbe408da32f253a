/** Quantiles of the last minute from a small histogram: six slots of ten seconds, eight buckets for each doubling (at most 9 % off). */

const SLOTS = 6
const SLOT_MS = 10_000
const BUCKETS_PER_OCTAVE = 8
const OCTAVES = 36
const BUCKETS = BUCKETS_PER_OCTAVE * OCTAVES

export class RecentQuantile {
  readonly #slots = Array.from({ length: SLOTS }, () => ({ epoch: -1, counts: new Uint32Array(BUCKETS) }))
  readonly #now: () => number

  /** `now` gives monotonic milliseconds. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Counts one duration in milliseconds. */
  record(ms: number): void {
    const epoch = Math.floor(this.#now() / SLOT_MS)
    const slot = this.#slots[epoch % SLOTS]
    if (!slot) return
    if (slot.epoch !== epoch) {
      slot.epoch = epoch
      slot.counts.fill(0)
    }
    const bucket = bucketOf(ms)
    slot.counts[bucket] = (slot.counts[bucket] ?? 0) + 1
  }

  /** The `q`-quantile of the last minute in seconds, as the upper edge of its bucket; undefined when nothing was recorded. */
  seconds(q: number): number | undefined {
    const sum = new Uint32Array(BUCKETS)
    const oldest = Math.floor(this.#now() / SLOT_MS) - SLOTS + 1
    let total = 0
    for (const { epoch, counts } of this.#slots) {
      if (epoch < oldest) continue
      for (let i = 0; i < BUCKETS; i++) {
        const count = counts[i] ?? 0
        sum[i] = (sum[i] ?? 0) + count
        total += count
      }
    }
    if (total === 0) return undefined
    let rank = Math.ceil(q * total)
    for (let i = 0; i < BUCKETS; i++) {
      rank -= sum[i] ?? 0
      if (rank <= 0) return upperEdgeUs(i) / 1e6
    }
    return upperEdgeUs(BUCKETS - 1) / 1e6
  }
}

/** Bucket 0 is everything up to a microsecond. */
function bucketOf(ms: number): number {
  const us = ms * 1000
  if (!(us > 1)) return 0
  return Math.min(BUCKETS - 1, Math.floor(Math.log2(us) * BUCKETS_PER_OCTAVE))
}

const upperEdgeUs = (bucket: number): number => (bucket === 0 ? 1 : 2 ** ((bucket + 1) / BUCKETS_PER_OCTAVE))
