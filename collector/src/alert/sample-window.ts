/** The last samples of one number of each resource, for conditions over a window. After a start the window fills again. */

export interface Sample {
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly value: number
}

export class SampleWindow {
  readonly #windowMs: number
  readonly #samples = new Map<string, Sample[]>()

  constructor(windowMs: number) {
    this.#windowMs = windowMs
  }

  /** Adds a sample of a resource; returns those of the window, oldest first. */
  add(resource: string, value: number, time: number): readonly Sample[] {
    const samples = this.#samples.get(resource) ?? []
    samples.push({ time, value })
    while (samples[0] && samples[0].time < time - this.#windowMs) samples.shift()
    this.#samples.set(resource, samples)
    return samples
  }

  /** Forgets resources that are not there any more. */
  keepOnly(resources: ReadonlySet<string>): void {
    for (const resource of this.#samples.keys()) if (!resources.has(resource)) this.#samples.delete(resource)
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
