/** How much of the limit the requests of a path may fill, as `admission.weights` says it: `/checkout=200`. */
import { isBelow } from '../front/context-path.ts'

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

  /** `url`: path and query as the application sees them. */
  of(url: string): number {
    return this.#weights.find(({ path }) => isBelow(url, path))?.part ?? 1
  }
}

function parsed(entry: string): Weight {
  const at = entry.lastIndexOf('=')
  return { path: entry.slice(0, at), part: Number(entry.slice(at + 1)) / 100 }
}
