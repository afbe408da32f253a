/** The tree of a profile in folded form: each line is `outer;inner microseconds`. */

export interface Flame {
  readonly name: string
  /** Microseconds in it and in what it called. */
  readonly micros: number
  /** By their time, longest first. */
  readonly inner: readonly Flame[]
}

interface Growing {
  readonly name: string
  micros: number
  readonly inner: Map<string, Growing>
}

/** Deeper frames count for the last that is shown. */
const MAX_DEPTH = 100

export function flameTree(folded: string): Flame {
  const root: Growing = { name: 'all', micros: 0, inner: new Map() }
  for (const line of folded.split('\n')) {
    const at = line.lastIndexOf(' ')
    const micros = Number(line.slice(at + 1))
    if (at > 0 && micros > 0) grow(root, line.slice(0, at).split(';').slice(0, MAX_DEPTH), micros)
  }
  return grown(root)
}

function grow(root: Growing, frames: readonly string[], micros: number): void {
  let at = root
  at.micros += micros
  for (const name of frames) {
    let inner = at.inner.get(name)
    if (!inner) at.inner.set(name, (inner = { name, micros: 0, inner: new Map() }))
    inner.micros += micros
    at = inner
  }
}

function grown({ name, micros, inner }: Growing): Flame {
  return { name, micros, inner: [...inner.values()].map(grown).toSorted((a, b) => b.micros - a.micros) }
}
