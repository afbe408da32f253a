/** From when on a route's requests are slow for it: its own 99th percentile of the last minutes. */
import { bucketOf, ExponentialHistogram } from './exponential-histogram.ts'

/** Fewer requests than this say nothing about a percentile. */
const MIN_COUNT = 100
const MAX_ROUTES = 1000

interface RouteLatency {
  readonly recent: ExponentialHistogram
  slowMs: number
}

export class RouteThresholds {
  readonly #routes = new Map<string, RouteLatency>()

  /** Counts one request and returns the route's threshold in milliseconds; 0 as long as too little is known. */
  record(route: string, seconds: number, bucket: number = bucketOf(seconds)): number {
    let latency = this.#routes.get(route)
    if (!latency) {
      if (this.#routes.size >= MAX_ROUTES) return 0
      latency = { recent: new ExponentialHistogram(), slowMs: 0 }
      this.#routes.set(route, latency)
    }
    latency.recent.recordIn(bucket, seconds)
    return latency.slowMs
  }

  /** Recomputes the thresholds. Older requests count half as much each time, and a route that is no longer called is forgotten. */
  update(): void {
    for (const [route, latency] of this.#routes) {
      const { recent } = latency
      // The bucket's lower bound: a route whose requests all take alike has its percentile in the bucket that all are in.
      latency.slowMs = recent.count >= MIN_COUNT ? recent.quantileFloor(0.99) * 1000 : 0
      recent.halve()
      if (recent.count < 0.01) this.#routes.delete(route)
    }
  }
}
