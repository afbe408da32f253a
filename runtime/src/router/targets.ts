/** The instances that a router sends requests to: ready ones in turn, and which of them failed lately. */

/** One instance of an application, by the Unix socket or the address that it listens on. */
export type Address = { readonly socketPath: string } | { readonly host: string; readonly port: number }

export interface Instance {
  /** `shop-1` */
  readonly name: string
  readonly address: Address
}

export interface TargetsOptions {
  readonly now?: () => number
  /** How long an instance that refused a connection is passed over while there are others. Default 1 s. */
  readonly restMs?: number
}

const REST_MS = 1000

export class Targets {
  #instances: readonly Instance[] = []
  readonly #restUntil = new Map<string, number>()
  readonly #options: TargetsOptions
  #next = 0

  constructor(options: TargetsOptions = {}) {
    this.#options = options
  }

  get size(): number {
    return this.#instances.length
  }

  /** The instances that are ready from now on. */
  set(instances: readonly Instance[]): void {
    this.#instances = instances
    const names = new Set(instances.map(({ name }) => name))
    for (const name of this.#restUntil.keys()) if (!names.has(name)) this.#restUntil.delete(name)
  }

  /** The next one in turn that is none of `tried`; one that failed lately only when there is no other. */
  next(tried: ReadonlySet<string> = NONE): Instance | undefined {
    const now = (this.#options.now ?? Date.now)()
    const candidates = this.#instances.filter(({ name }) => !tried.has(name))
    const fit = candidates.filter(({ name }) => (this.#restUntil.get(name) ?? 0) <= now)
    const chosen = fit.length > 0 ? fit : candidates
    return chosen[this.#next++ % Math.max(1, chosen.length)]
  }

  /** It did not accept a connection. */
  failed({ name }: Instance): void {
    this.#restUntil.set(name, (this.#options.now ?? Date.now)() + (this.#options.restMs ?? REST_MS))
  }
}

const NONE: ReadonlySet<string> = new Set()
