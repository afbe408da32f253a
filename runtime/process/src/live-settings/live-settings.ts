/**
 * Settings of a running process that change without a restart. The decider sends new values of settings that are declared as live; they are
 * changed in the configuration that the process has, so that whatever reads a setting when it needs it has the new value. What keeps
 * something made of a setting listens.
 */

/** A new value. The path has the name of an entry in place of its index; no value: the setting is not set any more. */
export interface LiveValue {
  readonly path: readonly string[]
  readonly value?: unknown
}

type Tree = Record<string, unknown>

export class LiveSettings {
  readonly #config: Tree
  readonly #listeners: { readonly path: readonly string[]; readonly listener: () => void }[] = []

  /** `config` is changed in place. */
  constructor(config: object) {
    this.#config = config as Tree
  }

  /** Calls the listener after settings at or below a path have changed, once for all that came together. */
  onChange(path: readonly string[], listener: () => void): void {
    this.#listeners.push({ path, listener })
  }

  /** Takes in new values; what this process does not have is not for it. */
  apply(values: readonly LiveValue[]): void {
    const taken = values.filter(({ path, value }) => setAt(this.#config, path, value))
    for (const { path, listener } of this.#listeners) if (taken.some((one) => isBelow(one.path, path))) listener()
  }
}

const isBelow = (path: readonly string[], above: readonly string[]): boolean => above.every((part, i) => path[i] === part)

function setAt(config: Tree, path: readonly string[], value: unknown): boolean {
  const name = path.at(-1)
  const owner = path.slice(0, -1).reduce<unknown>(below, config)
  if (name === undefined) return false
  if (Array.isArray(owner)) return setEntry(owner, name, value)
  if (!isTree(owner)) return false
  if (value === undefined) delete owner[name]
  else owner[name] = value
  return true
}

/** An entry of a list that is live as a whole; in place, since others keep the list. */
function setEntry(list: unknown[], name: string, value: unknown): boolean {
  const at = list.findIndex((entry) => isTree(entry) && entry['name'] === name)
  if (value !== undefined && !isTree(value)) return false
  const entry = value === undefined ? [] : [value]
  if (at >= 0) list.splice(at, 1, ...entry)
  else list.push(...entry)
  return at >= 0 || value !== undefined
}

function below(owner: unknown, part: string): unknown {
  if (Array.isArray(owner)) return owner.find((entry) => isTree(entry) && entry['name'] === part)
  return isTree(owner) && Object.hasOwn(owner, part) ? owner[part] : undefined
}

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value)
