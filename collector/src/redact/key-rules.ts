/** The rule for the value of a key: decided once per key, by its name. */
import { attr } from '@spyglass/agent/contract'
import { isRawList, redactText, secrecyOf } from '@spyglass/agent/redact'
import { copyOf, isSame } from './clean-values.ts'

/**
 * `secretText`: a secret unless it is a number. `system`: names the database of the statement beside it. `text`: anything else, which is
 * searched for the usual forms.
 */
export const RULE = {
  text: 0,
  secret: 1,
  secretText: 2,
  statement: 3,
  system: 4,
  url: 5,
  query: 6,
  commandLine: 7,
  commandArguments: 8,
  document: 9,
  /** JSON with statements inside: cleaned text by text. */
  holders: 10,
  summary: 11,
  /** A list of names and values in turn. */
  rawList: 12,
  /** Of a message, a request, a prompt: a document keeps its shape, anything else is left out. */
  content: 13,
} as const
export type Rule = (typeof RULE)[keyof typeof RULE]

const all = (rule: Rule, keys: string): [string, Rule][] => keys.split(' ').map((key) => [key, rule])

const RULES = new Map<string, Rule>([
  // Names of Kubernetes objects and token types are not secrets.
  ...all(RULE.text, 'k8s.secret.name gen_ai.token.type'),
  ...all(RULE.system, 'db.system db.system.name'),
  ...all(RULE.holders, attr.eventHolders),
  ...all(RULE.statement, 'db.statement db.query.text db.query db.sql sql sql.query db.operation.batch.text'),
  ...all(RULE.summary, 'db.query.summary'),
  ...all(RULE.query, 'url.query url.fragment http.query http.query_string http.request.query request.query query_string'),
  ...all(RULE.commandArguments, 'process.command_args container.command_args process.args process.argv'),
  ...all(RULE.commandLine, 'process.command_line process.command container.command_line container.command'),
])
const PATTERNS: readonly (readonly [RegExp, Rule])[] = [
  // Documents and queries under the name of their system: `mongodb.query`, `db.elasticsearch.body`.
  [
    /^(?:db\.)?(?:mongo(?:db|ose)?|elasticsearch|opensearch|dynamodb|couchdb|couchbase|cosmosdb|cassandra|neo4j|influxdb|mysql2?|pg|postgres(?:ql)?|sequelize|typeorm|knex|prisma)\.(?:[\w-]+\.){0,2}(?:query|filter|body|command|cmd|pipeline|update|document|statement|selector|sql)$/,
    RULE.statement,
  ],
  // GraphQL has literals like SQL.
  [/^graphql\.(?:\w+\.){0,2}(?:body|document|query|source|statement|text)$|\.graphql$/, RULE.document],
]
const RULE_OF_SECRECY = { secret: RULE.secret, 'secret-text': RULE.secretText, content: RULE.content } as const
const URL_KEY = /(?:^|[._-])(?:url|uri|href|referer|referrer|location|target)$|[a-z](?:Url|Uri|URL|URI)$|^url\.(?:full|original)$/i

export function ruleOf(key: string): Rule {
  const known = RULES.get(key) ?? PATTERNS.find(([pattern]) => pattern.test(key))?.[1]
  if (known !== undefined) return known
  if (isRawList(key)) return RULE.rawList
  const secrecy = secrecyOf(key)
  if (secrecy !== 'open') return RULE_OF_SECRECY[secrecy]
  return URL_KEY.test(key) ? RULE.url : RULE.text
}

/** A key and its rule. */
export interface KnownKey {
  readonly bytes: DataView
  readonly rule: Rule
  /** The key without its secrets, if it contains any. */
  readonly safe: string | undefined
  /** The key that followed last time: senders write the attributes of a kind of span in one order. */
  next: KnownKey | undefined
}

const TABLE = 4096
const MAX_PROBES = 8
const MAX_KEY_LENGTH = 256

/** Finds the rule of a key by its bytes. Bounded: a flood of keys clears the cache. */
export class KeyTable {
  readonly #table: (KnownKey | undefined)[] = Array.from({ length: TABLE })
  #size = 0
  /** Only keys in the table are linked, so that forgotten ones can be collected. */
  #last: KnownKey | undefined

  of(bytes: DataView, start: number, end: number): KnownKey {
    const next = this.#last?.next
    if (next !== undefined && isSame(next.bytes, bytes, start, end)) return (this.#last = next)
    if (end - start > MAX_KEY_LENGTH) return knownKey(bytes, start, end)
    let at = placeOf(bytes, start, end, TABLE)
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const known = this.#table[at]
      if (known === undefined) return this.#follow(this.#learn(bytes, start, end, at))
      if (isSame(known.bytes, bytes, start, end)) return this.#follow(known)
      at = (at + 1) & (TABLE - 1)
    }
    return knownKey(bytes, start, end)
  }

  #follow(known: KnownKey): KnownKey {
    if (this.#last) this.#last.next = known
    return (this.#last = known)
  }

  #learn(bytes: DataView, start: number, end: number, at: number): KnownKey {
    if (this.#size++ > TABLE / 2) {
      this.#table.fill(undefined)
      this.#size = 1
      this.#last = undefined
    }
    return (this.#table[at] = knownKey(bytes, start, end))
  }
}

function knownKey(bytes: DataView, start: number, end: number): KnownKey {
  const name = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8')
  const safe = redactText(name)
  return { bytes: copyOf(bytes, start, end), rule: ruleOf(name), safe: safe === name ? undefined : safe, next: undefined }
}

/** A hash of the length and a few bytes: the keys are compared afterwards. */
function placeOf(bytes: DataView, start: number, end: number, size: number): number {
  const length = end - start
  if (length < 4) return length
  let hash = Math.imul(length, 31) ^ bytes.getInt32(end - 4, true)
  hash = Math.imul(hash, 0x5bd1e995) ^ bytes.getInt32(start + ((length - 4) >> 1), true)
  hash = Math.imul(hash, 0x5bd1e995) ^ bytes.getInt32(start, true)
  return (hash ^ (hash >>> 15) ^ (hash >>> 7)) & (size - 1)
}
