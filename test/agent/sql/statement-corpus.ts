/**
 * Statements of all dialects with secrets planted in every place where a literal or a comment can stand. The generator knows how each
 * database writes a literal; it does not share anything with the normaliser.
 */

/** What every planted text contains; no template does. */
export const PLANTED_WORD = 'zqv'
/** What every planted number contains. */
export const PLANTED_DIGITS = '91379'

type Random = () => number
type Literal = (secret: string, random: Random) => string

/** mulberry32: the same statements for the same seed. */
export function randomFrom(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

const pick = <T>(random: Random, items: readonly T[]): T => items[Math.floor(random() * items.length)] as T

const doubled = (secret: string): string => `'${secret.replaceAll("'", "''")}'`
const escaped = (secret: string): string => `'${secret.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
const escapedDouble = (secret: string): string => `"${secret.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
const doubledDouble = (secret: string): string => `"${secret.replaceAll('"', '""')}"`
const withoutQuotes = (secret: string): string => secret.replaceAll(/['"\\$[\]{}]/g, '')
const dollar: Literal = (secret) => `$$${secret.replaceAll('$', '')}$$`
const tagged: Literal = (secret) => `$body$${secret.replaceAll('$', '')} $$ it's $body$`
const continued: Literal = (secret) => `E'foo'\n  ${escaped(secret)}`
const prefixed =
  (prefix: string): Literal =>
  (secret) =>
    `${prefix}${doubled(secret)}`

interface Dialect {
  readonly systems: readonly string[]
  readonly literals: readonly Literal[]
  readonly names: readonly string[]
  readonly comments: readonly string[]
}

const lines = ['-- it is §\n', '/* § */', '/* it\'s "§ */']
const dialects: readonly Dialect[] = [
  {
    systems: ['postgresql', 'aws.redshift', 'cockroachdb'],
    literals: [doubled, (s) => `E${escaped(s)}`, (s) => `e${escaped(s)}::text`, dollar, tagged, continued, prefixed('U&'), prefixed('N')],
    names: ['"it\'s"', 'plain', '"Camel"', 'ARRAY[1]', "arr['k']"],
    comments: [...lines, '/* a /* § */ b § */'],
  },
  {
    systems: ['mysql', 'mariadb'],
    literals: [
      escaped,
      doubled,
      escapedDouble,
      doubledDouble,
      prefixed('_utf8mb4'),
      prefixed('N'),
      (s) => `_latin1 ${escaped(s)}`,
      (s) => `5--${escaped(s)}`,
    ],
    names: ["`it's`", 'plain', '`a"b`'],
    comments: ['-- it is §\n', '/* § */', '# it is §\n', '/*+ hint § */'],
  },
  {
    systems: ['sqlite'],
    literals: [doubled, doubledDouble, prefixed('x'), (s) => doubled(`${s}\\`)],
    names: ["[it's]", 'plain', '"t"."a"', "`it's`"],
    comments: lines,
  },
  {
    systems: ['microsoft.sql_server', 'mssql'],
    literals: [doubled, prefixed('N'), (s) => doubled(`${s}\\`), doubledDouble],
    names: ["[it's]", "[a]]'b]", 'plain', '#tmp'],
    comments: [...lines, '/* a /* § */ b § */'],
  },
  {
    systems: ['oracle', 'oracle.db'],
    literals: [
      doubled,
      prefixed('N'),
      (s) => doubled(`${s}\\`),
      (s) => `q'[it's ${s.replaceAll(']', '')}]'`,
      (s) => `Nq'!${withoutQuotes(s)}'!'`,
      (s) => `q'<${withoutQuotes(s)}>'`,
    ],
    names: ['"it\'s"', 'plain', 'v$session', 'emp#'],
    comments: lines,
  },
  {
    systems: ['ibm.db2', 'db2', 'trino', 'h2database'],
    literals: [doubled, (s) => doubled(`${s}\\`)],
    names: ['"it\'s"', 'plain'],
    comments: lines,
  },
  {
    systems: ['h2'],
    literals: [doubled, dollar],
    names: ['"it\'s"', 'plain'],
    comments: lines,
  },
  {
    systems: ['clickhouse'],
    literals: [escaped, doubled, dollar, (s) => `‘${withoutQuotes(s)}’`],
    names: ["`it's`", '"it\'s"', 'arr[1]'],
    comments: [...lines, '# §\n'],
  },
  { systems: ['snowflake'], literals: [escaped, doubled, dollar], names: ['"it\'s"', 'plain'], comments: [...lines, '// §\n'] },
  {
    systems: ['bigquery', 'gcp.spanner'],
    literals: [
      escaped,
      escapedDouble,
      (s) => `'''it's ${withoutQuotes(s)}'''`,
      (s) => `"""a "b" ${withoutQuotes(s)}"""`,
      (s) => `r'${withoutQuotes(s)}'`,
    ],
    names: ["`it's`", 'plain'],
    comments: [...lines, '# §\n'],
  },
  { systems: ['cassandra'], literals: [doubled, dollar], names: ['"it\'s"', 'plain'], comments: [...lines, '// §\n'] },
  {
    systems: ['', 'other_sql', 'a.new.database'],
    literals: [doubled, escaped, escapedDouble, dollar, tagged, continued, (s) => `q'[it's ${withoutQuotes(s)}]'`, prefixed('N')],
    names: ['"it\'s"', "[it's]", 'plain', "`it's`"],
    comments: [...lines, '# §\n', '// §\n', '/* a /* § */ b § */', "--it's §\n"],
  },
]

const numbers: readonly ((random: Random) => string)[] = [
  (random) => `${PLANTED_DIGITS}${Math.floor(random() * 1000)}`,
  () => `-${PLANTED_DIGITS}.5e-3`,
  () => `0x${PLANTED_DIGITS}ff`,
  () => `.${PLANTED_DIGITS}`,
  () => `${PLANTED_DIGITS}_000`,
  () => `+ ${PLANTED_DIGITS}`,
]

/** § a literal, ~ a name, ¤ white space or a comment, L a list of literals, R rows. */
const templates = [
  'SELECT¤~,¤§ FROM t¤WHERE ~ = §¤AND b <> §',
  'SELECT * FROM t WHERE a IN¤(L)¤AND ~ LIKE § LIMIT § OFFSET §',
  'INSERT INTO t (a, b)¤VALUES R',
  'INSERT INTO t (a, b) VALUES (§, §)¤; SELECT §',
  'UPDATE t SET a = §,¤b = coalesce(§, c) WHERE ~ BETWEEN § AND §',
  'DELETE FROM t WHERE a = §¤OR (b, c) = (§, §)',
  'WITH x AS (SELECT §¤AS a)¤SELECT a, CASE WHEN b = § THEN § ELSE § END FROM x ORDER BY 1',
  'SELECT f(§, ~)¤FROM t WHERE a->>§ = § AND d > DATE §',
  'select a from t where a =§and b=§or c in(L)',
  'MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET b = §',
  'CREATE TABLE t (a int DEFAULT §, b text CHECK (b <> §))',
  'CALL p(§, §)¤',
]

const CONTENTS = [
  '',
  "it's ",
  'say "hi" ',
  'back\\slash ',
  'two\nlines ',
  '-- no ',
  '/* no ',
  '] ',
  '} ',
  '$ ',
  '; ',
  '汉字 ',
  '?',
  "''",
  '{"k": "v"} ',
]

export interface PlantedStatement {
  readonly system: string
  readonly sql: string
}

export function plantedStatement(random: Random): PlantedStatement {
  const dialect = pick(random, dialects)
  const secret = (): string => {
    const before = pick(random, CONTENTS)
    const after = pick(random, CONTENTS)
    return `${before}${PLANTED_WORD}${Math.floor(random() * 36 ** 4).toString(36)}${after}`
  }
  const literal = (): string => (random() < 0.3 ? pick(random, numbers)(random) : pick(random, dialect.literals)(secret(), random))
  const list = (): string => Array.from({ length: 1 + Math.floor(random() * 5) }, literal).join(pick(random, [',', ', ', ' ,\n']))
  const rows = (): string => Array.from({ length: 1 + Math.floor(random() * 3) }, () => `(${literal()}, ${literal()})`).join(', ')
  const gap = (): string => (random() < 0.3 ? ` ${pick(random, dialect.comments).replaceAll('§', `${PLANTED_WORD}comment`)} ` : ' ')
  const sql = pick(random, templates).replaceAll(/[§~¤LR]/g, (slot, at: number, template: string) => {
    if (slot === '§') return literal()
    if (slot === '~') return pick(random, dialect.names)
    if (slot === '¤') return gap()
    const isSlot = template[at - 1] === '(' || template.slice(at) === 'R'
    return !isSlot ? slot : slot === 'L' ? list() : rows()
  })
  // Some senders cut a statement in the middle.
  return { system: pick(random, dialect.systems), sql: random() < 0.1 ? sql.slice(0, Math.floor(random() * sql.length)) : sql }
}
