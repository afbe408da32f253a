/**
 * The engine knows one user, so `currentUser()` would name it. The reader's name takes the place of such a call, under the name that the column
 * has in ClickHouse. `CURRENT_USER`, `SESSION_USER` and `USER` are also calls without brackets, as in standard SQL, unless the statement gives
 * the name to something of its own; no readable table has such a column.
 */
import { formatOf, tokensOf } from './formatted.ts'
import type { StoreSession } from './session.ts'
import { stringLiteral } from './sql-literal.ts'

const FUNCTIONS = new Set(['currentuser', 'current_user', 'session_user', 'user', 'authenticateduser', 'authuser'])
const WITHOUT_BRACKETS = new Set(['currentuser', 'current_user', 'session_user', 'user'])
const MAY_CALL = /user\b/i

/** The statement with `user` in place of every call that asks for the name of the user. */
export async function withReaderName(sql: string, user: string, session: StoreSession): Promise<string> {
  const formatted = MAY_CALL.test(sql) ? await formatOf(sql, session) : undefined
  return formatted === undefined ? sql : (nameInstead(formatted, user) ?? sql)
}

/** The formatted statement with the name in place of the calls; undefined if there is none. */
export function nameInstead(formatted: string, user: string): string | undefined {
  const tokens = tokensOf(formatted)
  const texts = tokens.map(({ text }) => text)
  const literal = stringLiteral(user)
  let result = ''
  let kept = 0
  for (const [at, { text, start }] of tokens.entries()) {
    const length = lengthOfCall(texts, at)
    if (length === 0) continue
    const shown = nameOf(text) + (length > 1 ? '()' : '')
    result += formatted.slice(kept, start) + (texts[at + length] === 'AS' ? literal : `(${literal} AS \`${shown}\`)`)
    kept = tokens[at + length - 1]!.end
  }
  return kept === 0 ? undefined : result + formatted.slice(kept)
}

const nameOf = (text: string | undefined): string => text?.replaceAll(/[`"]/g, '') ?? ''

/** How many tokens a call has that begins here; 0 when none does. */
function lengthOfCall(texts: readonly string[], at: number): number {
  const name = nameOf(texts[at]).toLowerCase()
  const [before, after, close] = [texts[at - 1], texts[at + 1], texts[at + 2]]
  if (FUNCTIONS.has(name) && after === '(' && close === ')') return 3
  return WITHOUT_BRACKETS.has(name) && !isElse(before, after, close) && !isGiven(texts, name) ? 1 : 0
}

const BEFORE_OTHERS = new Set(['.', 'AS', 'FROM', 'JOIN', 'TABLE', 'EXISTS', 'DESCRIBE'])

/** Whether a name at this place is that of a column of something, an alias, a table, a function, a parameter, or the type of one. */
const isElse = (before = '', after = '', next = ''): boolean =>
  BEFORE_OTHERS.has(before) || ['.', '(', ':'].includes(after) || (after === '-' && next === '>')

/** Whether the statement itself gives something this name, which it then means: as an alias, a parameter of a lambda, or in the text of a type. */
function isGiven(texts: readonly string[], name: string): boolean {
  const inType = new RegExp(`^'.*\\b${name} +\\w`, 'is')
  return texts.some(
    (text, at) => inType.test(text) || (nameOf(text).toLowerCase() === name && (texts[at - 1] === 'AS' || isParameter(texts, at))),
  )
}

/** `x -> …` or `(x, y) -> …`. */
function isParameter(texts: readonly string[], at: number): boolean {
  let end = at + 1
  while (texts[end] === ',') end += 2
  if (texts[end] === ')') end++
  return texts[end] === '-' && texts[end + 1] === '>'
}
