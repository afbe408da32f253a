/**
 * Takes the SETTINGS clauses out of a statement. The engine's syntax tree shows that there is one but not what it says, so the text is read
 * in the form into which the engine itself brings it (`formatQuerySingleLine`): without comments, keywords in capitals, literals in one
 * form. What is not plainly `name = literal` is refused; a clause that is not recognised stays, and the gate refuses it.
 */
import { refuse } from '../clickhouse-error.ts'
import { tokensOf } from '../formatted.ts'

export interface WithoutClauses {
  /** The statement without its clauses. */
  readonly sql: string
  /** Names with the text of their literals, in order. */
  readonly assignments: readonly (readonly [name: string, literal: string])[]
}

/** Whether there can be a clause at all: a keyword cannot be written in another way. */
export const mayHaveClause = (sql: string): boolean => /settings/i.test(sql)

/** @throws ClickhouseError 164 when a clause gives something else than literals. */
export function takeClauses(formatted: string): WithoutClauses {
  const tokens = tokensOf(formatted)
  const texts = tokens.map(({ text }) => text)
  const assignments: [string, string][] = []
  let sql = ''
  let kept = 0
  for (let at = 0; at < tokens.length; at++) {
    if (texts[at] !== 'SETTINGS' || texts[at + 2] !== '=') continue
    const end = takeClause(texts, at + 1, assignments)
    sql += formatted.slice(kept, tokens[at]!.start)
    kept = tokens[end - 1]!.end
    at = end - 1
  }
  return { sql: sql + formatted.slice(kept), assignments }
}

/** Reads `name = literal, …` and says where it ends. */
function takeClause(texts: readonly string[], start: number, assignments: [string, string][]): number {
  for (let at = start; ; at++) {
    const name = texts[at] ?? ''
    const end = /^\w+$/.test(name) && texts[at + 1] === '=' ? literalEnd(texts, at + 2) : undefined
    if (end === undefined) throw refuse('READONLY', `Cannot modify '${name}' setting in readonly mode: only a literal is accepted`)
    assignments.push([name, texts.slice(at + 2, end).join('')])
    if (texts[end] !== ',') return end
    at = end
  }
}

const isText = (token: string | undefined): boolean => token?.startsWith("'") ?? false
const isNumber = (token: string | undefined): boolean => /^\d[\w.]*$/.test(token ?? '')

/** Where a literal ends: a text, a number, `true`, `false`, or a map from texts to texts. */
function literalEnd(texts: readonly string[], at: number): number | undefined {
  const token = texts[at]
  if (isText(token) || isNumber(token) || token === 'true' || token === 'false') return at + 1
  if (token === '-' && isNumber(texts[at + 1])) return at + 2
  return token === '{' ? mapEnd(texts, at + 1) : undefined
}

function mapEnd(texts: readonly string[], start: number): number | undefined {
  if (texts[start] === '}') return start + 1
  for (let at = start; ; at += 4) {
    if (!isText(texts[at]) || texts[at + 1] !== ':' || !isText(texts[at + 2])) return undefined
    if (texts[at + 3] === '}') return at + 4
    if (texts[at + 3] !== ',') return undefined
  }
}

/** The texts of a map from texts to texts, as literals: key, value, key, value. Undefined when it is anything else. */
export function literalsOfMap(text: string): string[] | undefined {
  const texts = tokensOf(text).map((token) => token.text)
  return texts[0] === '{' && mapEnd(texts, 1) === texts.length ? texts.filter(isText) : undefined
}
