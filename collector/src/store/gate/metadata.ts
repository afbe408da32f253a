/**
 * Statements about tables that client tools send beside SELECT. Each is matched whole: only names fit where names stand, which the gate
 * compares with the readable databases, so nothing else (a table function, a file, a subquery) can stand there. A condition behind WHERE
 * is for the gate to judge.
 */
const quoted = (name: string): string => `(?:${name}|\`${name}\`|"${name}")`
const NAME = quoted('[A-Za-z_][A-Za-z0-9_]{0,127}')
const FROM_DATABASE = `\\s+(?:FROM|IN)\\s+(?<database>${NAME})`
const TABLE = `(?:(?<database>${NAME})\\s*\\.\\s*)?(?<table>${NAME})`
const LIKE = "(?:\\s+(?:NOT\\s+)?I?LIKE\\s+'[A-Za-z0-9_%.]{0,128}')?"
const LIMIT = '(?:\\s+LIMIT\\s+\\d{1,9})?'
const FORMAT = '(?:\\s+FORMAT\\s+(?<format>[A-Za-z]{1,64}))?'
const OF_TABLE = `\\s+(?:FROM|IN)\\s+(?:${TABLE}|(?<table>${NAME})${FROM_DATABASE})`
const WHERE = '\\s+WHERE\\s+(?<where>[^]+)'
const FILTERED = `(?:${LIKE}${LIMIT}${FORMAT}|${WHERE})`

type Question = Metadata['asks']

const STATEMENTS: readonly (readonly [Question, RegExp])[] = (
  [
    ['exists', `EXISTS\\s+DATABASE\\s+(?<database>${NAME})${FORMAT}`],
    ['exists', `EXISTS(?:\\s+TABLE)?\\s+${TABLE}${FORMAT}`],
    ['definition', `SHOW\\s+CREATE\\s+DATABASE\\s+(?<database>${NAME})${FORMAT}`],
    ['definition', `SHOW\\s+CREATE(?:\\s+(?:TABLE|VIEW))?\\s+${TABLE}${FORMAT}`],
    ['names', `SHOW\\s+(?:FULL\\s+)?TABLES(?:${FROM_DATABASE})?${FILTERED}`],
    ['names', `SHOW\\s+(?:DATABASES|FUNCTIONS|ENGINES|(?:CHANGED\\s+)?SETTINGS)${LIKE}${LIMIT}${FORMAT}`],
    ['names', `SHOW\\s+SETTING\\s+${NAME}${FORMAT}`],
    ['definition', `SHOW\\s+(?:EXTENDED\\s+)?(?:FULL\\s+)?(?:COLUMNS|FIELDS)${OF_TABLE}${FILTERED}`],
    ['definition', `SHOW\\s+(?:EXTENDED\\s+)?(?:INDEX|INDEXES|INDICES|KEYS)${OF_TABLE}${FILTERED}`],
    ['nothing', `SHOW\\s+(?:TEMPORARY\\s+TABLES|DICTIONARIES)(?:${FROM_DATABASE})?${LIKE}${LIMIT}${FORMAT}`],
  ] as const
).map(([asks, pattern]) => [asks, new RegExp(`^${pattern}$`, 'i')])

export interface Metadata {
  /** Whether there is a table or database, which names there are, how one is made, or names of a kind that readers have none of. */
  readonly asks: 'exists' | 'names' | 'definition' | 'nothing'
  /** As the statement names them. */
  readonly database: string | undefined
  readonly table: string | undefined
  readonly format: string | undefined
  /** A condition, with all that stands behind it. */
  readonly where: string | undefined
}

/** Longer texts are no such statement, and the time that a pattern takes may grow with the square of the length. */
const MAX_LENGTH = 2000

const QUOTED_OR_COMMENT = /'(?:[^'\\]|\\[^])*'|"(?:[^"\\]|\\[^])*"|`(?:[^`\\]|\\[^])*`|--[^\n]*|\/\*[^]*?(?:\*\/|$)/g

/**
 * The statement without comments, which tools put before each (for example its name), and without what else stands around it.
 * Undefined for one that is too long. Of a statement that is not of this kind the result is of no use.
 */
export function bareStatement(sql: string): string | undefined {
  if (sql.length > MAX_LENGTH) return undefined
  const text = sql.replaceAll(QUOTED_OR_COMMENT, (part) => (/^['"`]/.test(part) ? part : ' '))
  return text.replace(/[\s;]+$/, '').trimStart()
}

/** What a bare statement is about, if it is one of these. */
export function matchMetadata(text: string): Metadata | undefined {
  for (const [asks, pattern] of STATEMENTS) {
    const match = pattern.exec(text)
    if (!match) continue
    const { format, database, table, where } = match.groups ?? {}
    return { asks, format, where, database: database && unquoted(database), table: table && unquoted(table) }
  }
  return undefined
}

const unquoted = (name: string): string => name.replaceAll(/[`"]/g, '')
