/**
 * Statements in the form into which the engine itself brings them (`formatQuerySingleLine`): without comments, keywords in capitals, literals in
 * one form. Only such a text can be read by tokens.
 */
import { ClickhouseError, clickhouseCodes } from './clickhouse-error.ts'
import type { StoreSession } from './session.ts'
import { stringLiteral } from './sql-literal.ts'

const TOKEN = /\s+|'(?:[^'\\]|\\[^])*'|`(?:[^`\\]|\\[^])*`|"(?:[^"\\]|\\[^])*"|[A-Za-z_$][\w$]*|\d[\w.]*|[^]/g

export interface Token {
  readonly text: string
  readonly start: number
  readonly end: number
}

/** The tokens of a formatted text, without white space. */
export function tokensOf(text: string): Token[] {
  return [...text.matchAll(TOKEN)]
    .map((match) => ({ text: match[0], start: match.index, end: match.index + match[0].length }))
    .filter((token) => token.text.trim() !== '')
}

/** The formatted statement; undefined for one that the engine cannot read, which the gate reports in the engine's words. */
export async function formatOf(sql: string, session: StoreSession): Promise<string | undefined> {
  try {
    return (await textsOf([stringLiteral(sql)], session, 'formatQuerySingleLine'))[0]
  } catch (error) {
    if (error instanceof ClickhouseError && error.number === clickhouseCodes.SYNTAX_ERROR) return undefined
    throw error
  }
}

/** What these literals say, read by the engine itself. */
export async function textsOf(literals: readonly string[], session: StoreSession, read = ''): Promise<string[]> {
  if (literals.length === 0) return []
  const columns = literals.map((literal, i) => `${read}(${literal}) AS c${i}`)
  const { bytes } = await session.query(`SELECT ${columns.join(', ')}`, 'JSONCompactStringsEachRow')
  return JSON.parse(Buffer.from(bytes).toString('utf8')) as string[]
}
