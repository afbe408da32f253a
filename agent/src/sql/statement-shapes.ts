/** Finds the shape of a statement by its text: normalised once, then looked up. */
import { digest64 } from './digest.ts'
import { type SqlDialect, normaliseSql, operationOf } from './normalise.ts'

/** What all executions of one normalised statement share. */
export class StatementShape {
  readonly text: string
  readonly digest: string
  readonly operation: string
  /** Until when (milliseconds of the process's clock) its executions are known to be slow, so that their call sites are captured. */
  slowUntil = 0
  /** When its call site may be captured again. */
  captureNotBefore = 0
  /** Where it was called from when it first ran, by route: `undefined` frames say that none was the application's. */
  readonly firstSites = new Map<string, readonly string[]>()

  constructor(text: string) {
    this.text = text
    this.digest = digest64(text)
    this.operation = operationOf(text)
  }
}

const GENERATION_ENTRIES = 1000
const GENERATION_CHARACTERS = 500_000

/** Two generations of a map make a cheap LRU: a hit costs one look-up, and half of what was not used lately goes at once. */
class TwoGenerations<V> {
  #young = new Map<string, V>()
  #old = new Map<string, V>()
  #characters = 0

  get(key: string): V | undefined {
    const value = this.#young.get(key)
    if (value !== undefined) return value
    const aged = this.#old.get(key)
    if (aged !== undefined) this.set(key, aged)
    return aged
  }

  set(key: string, value: V): void {
    if (this.#young.size >= GENERATION_ENTRIES || this.#characters >= GENERATION_CHARACTERS) {
      this.#old = this.#young
      this.#young = new Map()
      this.#characters = 0
    }
    this.#young.set(key, value)
    this.#characters += key.length
  }
}

export class StatementShapes {
  readonly #byText: Readonly<Record<SqlDialect, TwoGenerations<StatementShape>>> = {
    standard: new TwoGenerations(),
    mysql: new TwoGenerations(),
  }
  readonly #byNormalised = new TwoGenerations<StatementShape>()

  /** The shape of `sql`. Texts that normalise alike share one. */
  of(sql: string, system: string): StatementShape {
    const byText = this.#byText[system === 'mysql' || system === 'mariadb' ? 'mysql' : 'standard']
    return byText.get(sql) ?? this.#learn(sql, system, byText)
  }

  #learn(sql: string, system: string, byText: TwoGenerations<StatementShape>): StatementShape {
    const text = normaliseSql(sql, system === 'mysql' || system === 'mariadb' ? 'mysql' : 'standard')
    let shape = this.#byNormalised.get(text)
    if (!shape) {
      shape = new StatementShape(text)
      this.#byNormalised.set(text, shape)
    }
    byText.set(sql, shape)
    return shape
  }
}
