/**
 * Whether the files of an application differ from those that were loaded: `modified()` of Tomcat's loader. A poll is the truth; a change counts
 * when two looks in a row see the same, so that half-copied files are never loaded.
 */
import { stat } from 'node:fs/promises'

/** Its path, and when it was loaded, in milliseconds since the epoch. */
export type LoadedFile = readonly [file: string, loadedAt: number]

export interface ModifiedCheckOptions {
  /** The files to look at, in any order; it may grow. */
  readonly files: () => Iterable<LoadedFile>
  /** Called once for each state that differs from the last one told. */
  readonly onModified: (files: readonly string[]) => void
  readonly intervalMs: number
}

type State = ReadonlyMap<string, string>

export class ModifiedCheck {
  readonly #options: ModifiedCheckOptions
  readonly #loaded = new Map<string, string>()
  #last: State | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(options: ModifiedCheckOptions) {
    this.#options = options
  }

  /** Takes what is there now as loaded, and looks again in each interval. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.look(), this.#options.intervalMs).unref()
    await this.#note()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** One look. */
  async look(): Promise<void> {
    const changed = new Map<string, string>()
    for (const [file, loaded] of this.#loaded) {
      const now = await stateOf(file)
      if (now !== loaded) changed.set(file, now)
    }
    await this.#note()
    const agrees = this.#last !== undefined && isSame(this.#last, changed)
    this.#last = changed
    if (changed.size === 0 || !agrees) return
    for (const [file, now] of changed) this.#loaded.set(file, now)
    this.#last = undefined
    this.#options.onModified([...changed.keys()])
  }

  /** Files that were loaded since the last look. */
  async #note(): Promise<void> {
    for (const [file, loadedAt] of this.#options.files()) {
      if (!this.#loaded.has(file)) this.#loaded.set(file, await stateOf(file, loadedAt))
    }
  }
}

/** A file that was written after it was loaded has a state that it never has again. */
async function stateOf(file: string, loadedAt = Infinity): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(file)
    return mtimeMs > loadedAt && mtimeMs <= Date.now() ? 'written since it was loaded' : `${mtimeMs} ${size} ${ino}`
  } catch {
    return 'missing'
  }
}

function isSame(one: State, other: State): boolean {
  return one.size === other.size && [...one].every(([file, state]) => other.get(file) === state)
}
