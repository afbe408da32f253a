/**
 * Texts without their secrets, by the rule of their key. What recurs is remembered by its bytes, so most texts are neither decoded nor searched. Used by the
 * walk over the bytes and by the decoder of spans alike.
 */
import { cleanHolders } from './holders.ts'
import { CleanValues } from './clean-values.ts'
import { type Rule, RULE } from './key-rules.ts'
import { KnownStatements } from './known-statements.ts'
import type { Plain } from './plain.ts'
import { QueryBytes } from './query-bytes.ts'
import { MAX_TEXT_LENGTH, type Redactor } from './redactor.ts'
import { isSuspicious } from './suspicion.ts'

const SLASH = 47
const [AT, QUESTION, HASH] = [64, 63, 35]
/** Scheme, host and port, and nothing in which a form of secrets could begin that ends behind them. */
const ORIGIN = /^(?:[a-z][a-z\d+.-]{0,30}:)?\/\/(?:[\w.-]*|\[[\da-f:.]+\])(?::\d{1,5})?$/i
/** Paths of these are secrets. */
const SECRET_PATHS = /\bslack\.com/i

export class SafeTexts {
  readonly #redactor: Redactor
  readonly #plain: Plain
  /** By rule: values that were searched by it and contain no secret. */
  readonly #clean: Readonly<Partial<Record<Rule, CleanValues>>>
  /** Scheme and host of URLs, searched. */
  readonly #origins = new CleanValues()
  /** Queries of URLs without their values, searched. */
  readonly #queries = new CleanValues()
  readonly #query = new QueryBytes()
  readonly #statements = new KnownStatements()

  constructor(redactor: Redactor, plain: Plain) {
    this.#redactor = redactor
    this.#plain = plain
    this.#clean = { [RULE.text]: plain.texts, [RULE.url]: new CleanValues(), [RULE.commandLine]: new CleanValues() }
  }

  /**
   * What takes the place of the text between `start` and `end`, up to the next call; undefined: it stays as it is. `system` matters for those
   * {@link IN_A_DIALECT}.
   */
  replacement(rule: Rule, start: number, end: number, system = ''): Buffer | undefined {
    const { bytes, view } = this.#plain
    if (rule === RULE.system) return undefined
    if (rule === RULE.text && !isSuspicious(bytes, start, Math.min(end, start + MAX_TEXT_LENGTH))) return undefined
    if (rule === RULE.url) return this.#url(start, end)
    if (this.#clean[rule]?.has(view, start, end) === true) return undefined
    return IN_A_DIALECT.has(rule) ? this.#statement(rule, start, end, system) : this.#searched(rule, start, end)
  }

  #searched(rule: Rule, start: number, end: number): Buffer | undefined {
    const textEnd = Math.min(end, start + MAX_TEXT_LENGTH)
    const text = this.#plain.bytes.toString('utf8', start, textEnd)
    const safe =
      (rule === RULE.holders && cleanHolders(text, this.#redactor)) ||
      this.#redactor.textOf(rule === RULE.holders ? RULE.text : rule, text, '')
    if (safe !== text) return Buffer.from(safe)
    if (textEnd === end) this.#clean[rule]?.add(this.#plain.view, start, end)
    return undefined
  }

  #statement(rule: Rule, start: number, end: number, system: string): Buffer | undefined {
    const { bytes, view } = this.#plain
    const known = this.#statements.find(view, start, end, { rule, system })
    if (known) return known.safe
    const textEnd = Math.min(end, start + MAX_TEXT_LENGTH)
    const text = bytes.toString('utf8', start, textEnd)
    const normal = this.#redactor.textOf(rule, text, system)
    const safe = normal === text ? undefined : Buffer.from(normal)
    if (textEnd === end) this.#statements.add(view, start, end, { rule, system, safe })
    return safe
  }

  /** Of most URLs the host and the names of the parameters were searched before, and in the path between nothing begins a secret. */
  #url(start: number, end: number): Buffer | undefined {
    const { bytes } = this.#plain
    const query = endOfPath(bytes, start, end)
    const isPlain = !(query < end && bytes[query] === AT) && this.#isPlainPath(start, query)
    if (isPlain && query === end) return undefined
    const length = this.#query.write(bytes, query, end)
    if (isPlain && length > 0 && this.#queries.has(this.#query.view, 0, length)) return this.#withQuery(start, query, { end, length })
    if (this.#clean[RULE.url]?.has(this.#plain.view, start, end) === true) return undefined
    const safe = this.#searched(RULE.url, start, end)
    this.#learnUrl(start, query, { end, length, safe })
    return safe
  }

  #withQuery(start: number, query: number, { end, length }: { readonly end: number; readonly length: number }): Buffer | undefined {
    const { bytes } = this.#plain
    const isSame = length === end - query && bytes.compare(this.#query.bytes, 0, length, query, end) === 0
    return isSame ? undefined : Buffer.concat([bytes.subarray(start, query), this.#query.bytes.subarray(0, length)])
  }

  /** Whether the part of a URL before its query has no user info, its host was searched before, and nothing in its path begins a secret. */
  #isPlainPath(start: number, end: number): boolean {
    const { bytes, view } = this.#plain
    if (end === start) return false
    if (bytes[start] === SLASH && bytes[start + 1] !== SLASH) return !isSuspicious(bytes, start, end)
    const path = pathOf(bytes, start, end)
    return !isSuspicious(bytes, path, end) && this.#origins.has(view, start, path)
  }

  #learnUrl(start: number, query: number, { end, length, safe }: SearchedUrl): void {
    const { bytes, view } = this.#plain
    const path = pathOf(bytes, start, query)
    const origin = bytes.toString('utf8', start, path)
    const isOrigin = ORIGIN.test(origin) && !SECRET_PATHS.test(origin) && this.#redactor.textOf(RULE.url, origin, '') === origin
    if (isOrigin) this.#origins.add(view, start, path)
    const names = this.#query.bytes.subarray(0, Math.max(0, length))
    if (length <= 0 || names.includes(AT) || bytes[query] === AT || !this.#isPlainPath(start, query)) return
    const expected = this.#withQuery(start, query, { end, length })
    if (safe === undefined ? expected === undefined : expected?.equals(safe) === true) this.#queries.add(this.#query.view, 0, length)
  }
}

interface SearchedUrl {
  readonly end: number
  /** Of its query without values. */
  readonly length: number
  readonly safe: Buffer | undefined
}

/** Values that are read in the dialect of the database beside them. */
export const IN_A_DIALECT: ReadonlySet<Rule> = new Set([RULE.statement, RULE.summary])

/** Where the query or the fragment of a URL begins; at `end` if it has none, and at an `@`, which may end user info. */
function endOfPath(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    const byte = bytes[at]
    if (byte === QUESTION || byte === HASH || byte === AT) return at
  }
  return end
}

/** Where the path of a URL begins: behind `//` and a host. At `end` if it has none. */
function pathOf(bytes: Uint8Array, start: number, end: number): number {
  let slashes = 0
  for (let at = start; at < end; at++) if (bytes[at] === SLASH && ++slashes === 3) return at
  return end
}
