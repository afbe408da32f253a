/** The last samples of one number of each resource, for conditions over a window. After a start the window fills again. */

interface Sample {
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
  add(resource: string, value: number, time: number): readonly number[] {
    const samples = this.#samples.get(resource) ?? []
    samples.push({ time, value })
    while (samples[0] && samples[0].time < time - this.#windowMs) samples.shift()
    this.#samples.set(resource, samples)
    return samples.map((sample) => sample.value)
  }

  /** Forgets resources that are not there any more. */
  keepOnly(resources: ReadonlySet<string>): void {
    for (const resource of this.#samples.keys()) if (!resources.has(resource)) this.#samples.delete(resource)
  }
}

/** How much a counter has grown. One that begins again at 0 has not fallen. */
export const increaseOf = (samples: readonly number[]): number =>
  samples.slice(1).reduce((sum, value, i) => sum + Math.max(0, value - (samples[i] ?? 0)), 0)
