/** The last samples of one number of each resource, for conditions over a window. */

export interface Sample {
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly value: number
}

/** Of two rules that look within this time the second finds the sample of the first: they share the reading as well. */
const SAME_LOOK_MS = 5000

export class SampleWindow {
  #windowMs: number
  readonly #samples: Map<string, Sample[]>

  /** `earlier`: what an earlier process has seen. */
  constructor(windowMs: number, earlier: ReadonlyMap<string, readonly Sample[]> = new Map()) {
    this.#windowMs = windowMs
    this.#samples = new Map([...earlier].map(([resource, samples]) => [resource, [...samples]]))
  }

  /** Another rule looks further back. */
  reachBack(windowMs: number): void {
    this.#windowMs = Math.max(this.#windowMs, windowMs)
  }

  /** Adds a sample of a resource; returns those of the last `overMs`, by default of the window, oldest first. */
  add(resource: string, value: number, time: number, overMs = this.#windowMs): readonly Sample[] {
    const samples = this.#samples.get(resource) ?? []
    if (time - (samples.at(-1)?.time ?? -Infinity) >= SAME_LOOK_MS) samples.push({ time, value })
    const old = samples.findIndex((sample) => sample.time >= time - this.#windowMs)
    if (old > 0) samples.splice(0, old)
    this.#samples.set(resource, samples)
    return overMs >= this.#windowMs ? samples : samples.slice(samples.findIndex((sample) => sample.time >= time - overMs))
  }

  /** Forgets resources that are not there any more. */
  keepOnly(resources: ReadonlySet<string>): void {
    for (const resource of this.#samples.keys()) if (!resources.has(resource)) this.#samples.delete(resource)
  }

  series(): ReadonlyMap<string, readonly Sample[]> {
    return this.#samples
  }
}

/** How much a counter has grown. One that begins again at 0 has not fallen. */
export const increaseOf = (samples: readonly number[]): number =>
  samples.slice(1).reduce((sum, value, i) => sum + Math.max(0, value - (samples[i] ?? 0)), 0)

/** A straight line through samples, by least squares. */
export interface Trend {
  /** Its value now. */
  readonly present: number
  readonly perSecond: number
}

/** Undefined for samples of one moment. */
export function trendOf(samples: readonly Sample[], now: number): Trend | undefined {
  const count = samples.length
  const points = samples.map(({ time, value }) => ({ x: (time - now) / 1000, y: value }))
  const [meanX, meanY] = [points.reduce((sum, { x }) => sum + x, 0) / count, points.reduce((sum, { y }) => sum + y, 0) / count]
  const spread = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0)
  if (count < 2 || spread === 0) return undefined
  const perSecond = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) / spread
  return { present: meanY - perSecond * meanX, perSecond }
}
