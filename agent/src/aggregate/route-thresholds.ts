/** From when on a route's requests are slow for it: its own 99th percentile of the last minutes. */
import { bucketOf, ExponentialHistogram } from './exponential-histogram.ts'

/** Fewer requests than this say nothing about a percentile. */
const MIN_COUNT = 100
const MAX_ROUTES = 1000

/** The latest requests of a route, and from how many milliseconds on one is slow. */
export interface RouteLatency {
  readonly recent: ExponentialHistogram
  slowMs: number
}

export class RouteThresholds {
  readonly #routes = new Map<string, RouteLatency>()

  /** Counts one request and returns the route's threshold in milliseconds; 0 as long as too little is known. */
  record(route: string, seconds: number, bucket: number = bucketOf(seconds)): number {
    const latency = this.of(route)
    latency?.recent.recordIn(bucket, seconds)
    return latency?.slowMs ?? 0
  }

  /** What is known of a route, until the next {@link update}. Undefined: there are too many routes. */
  of(route: string): RouteLatency | undefined {
    let latency = this.#routes.get(route)
    if (!latency && this.#routes.size < MAX_ROUTES) {
      latency = { recent: new ExponentialHistogram(), slowMs: 0 }
      this.#routes.set(route, latency)
    }
    return latency
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
