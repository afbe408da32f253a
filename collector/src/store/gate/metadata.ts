/**
 * Statements about tables that client tools send beside SELECT. Each is matched whole: only names fit where names stand, which the gate
 * compares with the readable databases, so nothing else (a table function, a file, a subquery) can stand there.
 */
const quoted = (name: string): string => `(?:${name}|\`${name}\`|"${name}")`
const NAME = quoted('[A-Za-z_][A-Za-z0-9_]{0,127}')
const FROM_DATABASE = `\\s+(?:FROM|IN)\\s+(?<database>${NAME})`
const TABLE = `(?:(?<database>${NAME})\\s*\\.\\s*)?(?<table>${NAME})`
const LIKE = "(?:\\s+(?:NOT\\s+)?I?LIKE\\s+'[A-Za-z0-9_%.]{0,128}')?"
const LIMIT = '(?:\\s+LIMIT\\s+\\d{1,9})?'
const FORMAT = '(?:\\s+FORMAT\\s+(?<format>[A-Za-z]{1,64}))?'

type Question = Metadata['asks']

const STATEMENTS: readonly (readonly [Question, RegExp])[] = (
  [
    ['exists', `EXISTS\\s+DATABASE\\s+(?<database>${NAME})`],
    ['exists', `EXISTS(?:\\s+TABLE)?\\s+${TABLE}`],
    ['definition', `SHOW\\s+CREATE\\s+DATABASE\\s+(?<database>${NAME})`],
    ['definition', `SHOW\\s+CREATE(?:\\s+TABLE)?\\s+${TABLE}`],
    ['names', `SHOW\\s+(?:FULL\\s+)?TABLES(?:${FROM_DATABASE})?${LIKE}${LIMIT}`],
    ['names', `SHOW\\s+DATABASES${LIKE}${LIMIT}`],
    ['names', `SHOW\\s+FUNCTIONS${LIKE}`],
    [
      'definition',
      `SHOW\\s+(?:EXTENDED\\s+)?(?:FULL\\s+)?(?:COLUMNS|FIELDS)\\s+(?:FROM|IN)\\s+(?:${TABLE}|(?<table>${NAME})${FROM_DATABASE})${LIKE}`,
    ],
  ] as const
).map(([asks, pattern]) => [asks, new RegExp(`^${pattern}${FORMAT}$`, 'i')])

export interface Metadata {
  /** Whether there is a table or database, which names there are, or how one is made. */
  readonly asks: 'exists' | 'names' | 'definition'
  /** As the statement names them. */
  readonly database: string | undefined
  readonly table: string | undefined
  readonly format: string | undefined
}

/** Longer texts are no such statement, and the time that a pattern takes may grow with the square of the length. */
const MAX_LENGTH = 2000

/**
 * The statement without comments, which tools put before each (for example its name), and without what else stands around it.
 * Undefined for one that is too long. Nothing in a statement of this kind looks like a comment; of any other the result is of no use.
 */
export function bareStatement(sql: string): string | undefined {
  if (sql.length > MAX_LENGTH) return undefined
  const text = sql.replaceAll(/--[^\n]*|\/\*[^]*?(?:\*\/|$)/g, ' ')
  return text.replace(/[\s;]+$/, '').trimStart()
}

/** What a bare statement is about, if it is one of these. */
export function matchMetadata(text: string): Metadata | undefined {
  for (const [asks, pattern] of STATEMENTS) {
    const match = pattern.exec(text)
    if (!match) continue
    const { format, database, table } = match.groups ?? {}
    return { asks, format, database: database && unquoted(database), table: table && unquoted(table) }
  }
  return undefined
}

const unquoted = (name: string): string => name.replaceAll(/[`"]/g, '')
