/** How much of the limit the requests of a path may fill, as `admission.weights` says it: `/checkout=200`. */
import { isBelow } from '../front/context-path.ts'
import { normalPrefix, pathsOf } from '../front/path-readings.ts'

interface Weight {
  readonly path: string
  /** 1 is the whole limit. */
  readonly part: number
}

export class RouteWeights {
  readonly #weights: readonly Weight[]

  /** The longest path counts that the address begins with, by whole segments. */
  constructor(entries: readonly string[]) {
    this.#weights = entries.map(parsed).toSorted((a, b) => b.path.length - a.path.length)
  }

  /** `url`: path and query as the application sees them. Where it can be read as several paths, the least counts: no spelling is worth more. */
  of(url: string): number {
    return this.#weights.length === 0 ? 1 : Math.min(...pathsOf(url).map((path) => this.#partOf(path)))
  }

  #partOf(path: string): number {
    return this.#weights.find((weight) => isBelow(path, weight.path))?.part ?? 1
  }
}

function parsed(entry: string): Weight {
  const at = entry.lastIndexOf('=')
  return { path: normalPrefix(entry.slice(0, at)), part: Number(entry.slice(at + 1)) / 100 }
}
