/**
 * The engine knows one user, so `currentUser()` would name it. The reader's name takes the place of such a call, under the name that the column
 * has in ClickHouse. `CURRENT_USER` and `SESSION_USER` are also calls without brackets, as in standard SQL; so is `user`, but that is a column's
 * name as well.
 */
import { formatOf, tokensOf } from './formatted.ts'
import type { StoreSession } from './session.ts'
import { stringLiteral } from './sql-literal.ts'

const FUNCTIONS = new Set(['currentuser', 'current_user', 'session_user', 'user', 'authenticateduser', 'authuser'])
const WITHOUT_BRACKETS = new Set(['currentuser', 'current_user', 'session_user'])
const MAY_CALL = /(current_?|session_)user|user[`"]?(\s|\/\*|--|#)*\(/i

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
  const isElse = before === '.' || before === 'AS' || after === '.' || after === '(' || (after === '-' && close === '>')
  return WITHOUT_BRACKETS.has(name) && !isElse && !isGiven(texts, name) ? 1 : 0
}

/** Whether the statement itself gives something this name: then it means that. */
const isGiven = (texts: readonly string[], name: string): boolean =>
  texts.some(
    (text, at) => nameOf(text).toLowerCase() === name && (texts[at - 1] === 'AS' || (texts[at + 1] === '-' && texts[at + 2] === '>')),
  )
