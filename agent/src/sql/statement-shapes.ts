/** Finds the shape of a statement by its text: normalised once, then looked up. */
import { SiteMemory } from '../call-site/site-memory.ts'
import { digestOf } from './digest.ts'
import { operationOf } from './normalise.ts'
import { familyOf, isOfCommands, normaliseStatement } from './statement.ts'

/** What all executions of one statement share, regardless of literals, spacing and case. */
export class StatementShape extends SiteMemory {
  /** The normalised text, with the spacing and case in which it was first seen. */
  readonly text: string
  readonly digest: string
  readonly operation: string
  /** It waits for what others do, as `blpop`: how long it takes says nothing of the database. */
  readonly isWait: boolean
  /** Of its plan, once it was explained: normalised. */
  plan: string | undefined
  /** The span that had the plan last. */
  #planned: { readonly traceId: string; readonly spanId: string } | undefined

  constructor(text: string, digest: string, isWait: boolean) {
    super()
    this.text = text
    this.digest = digest
    this.operation = operationOf(text)
    this.isWait = isWait
  }

  /** The plan for this span: one of each trace has it. */
  planFor(traceId: string, spanId: string): string | undefined {
    if (this.plan === undefined || (this.#planned?.traceId === traceId && this.#planned.spanId !== spanId)) return undefined
    this.#planned = { traceId, spanId }
    return this.plan
  }
}

/** https://redis.io/docs/latest/commands/: they wait for an element, a message or replicas. */
const BLOCKING = /^\s*(?:blpop|brpop|brpoplpush|blmove|blmpop|bzpopmin|bzpopmax|bzmpop|xread|xreadgroup|wait|waitaof)\b/i

const GENERATION_ENTRIES = 1000
const GENERATION_CHARACTERS = 500_000
/** Longer texts are normalised each time: most of them contain data and do not recur. */
const MAX_KEY_LENGTH = 16_384

/** Two generations of a map make a cheap LRU: a hit costs one lookup, and everything not used recently is dropped at once. */
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
  readonly #byFamily = new Map<unknown, TwoGenerations<StatementShape>>()
  readonly #byDigest = new TwoGenerations<StatementShape>()

  /** The shape of `sql` as the database named `system` (`db.system.name`) reads it. Texts with the same digest share a shape. */
  of(sql: string, system: string): StatementShape {
    if (sql.length > MAX_KEY_LENGTH) return this.#shapeOf(sql, system)
    const family = familyOf(system)
    const byText = this.#byFamily.get(family) ?? this.#newFamily(family)
    const known = byText.get(sql)
    if (known) return known
    const shape = this.#shapeOf(sql, system)
    byText.set(sql, shape)
    return shape
  }

  #newFamily(family: unknown): TwoGenerations<StatementShape> {
    const byText = new TwoGenerations<StatementShape>()
    this.#byFamily.set(family, byText)
    return byText
  }

  #shapeOf(sql: string, system: string): StatementShape {
    const text = normaliseStatement(sql, system)
    const digest = digestOf(text)
    const known = this.#byDigest.get(digest)
    if (known) return known
    const shape = new StatementShape(text, digest, isOfCommands(system) && BLOCKING.test(text))
    this.#byDigest.set(digest, shape)
    return shape
  }
}
