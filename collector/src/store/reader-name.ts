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
  const given = givenNames(texts)
  const literal = stringLiteral(user)
  let result = ''
  let kept = 0
  for (const [at, { text, start }] of tokens.entries()) {
    const length = lengthOfCall(texts, at, given)
    if (length === 0) continue
    const shown = nameOf(text) + (length > 1 ? '()' : '')
    result += formatted.slice(kept, start) + (texts[at + length] === 'AS' ? literal : `(${literal} AS \`${shown}\`)`)
    kept = tokens[at + length - 1]!.end
  }
  return kept === 0 ? undefined : result + formatted.slice(kept)
}

const nameOf = (text: string | undefined): string => text?.replaceAll(/[`"]/g, '') ?? ''

/** How many tokens a call has that begins here; 0 when none does. */
function lengthOfCall(texts: readonly string[], at: number, given: ReadonlySet<string>): number {
  const name = nameOf(texts[at]).toLowerCase()
  const [before, after, close] = [texts[at - 1], texts[at + 1], texts[at + 2]]
  if (FUNCTIONS.has(name) && after === '(' && close === ')') return 3
  return WITHOUT_BRACKETS.has(name) && !isElse(before, after, close) && !given.has(name) ? 1 : 0
}

const BEFORE_OTHERS = new Set(['.', 'AS', 'FROM', 'JOIN', 'TABLE', 'EXISTS', 'DESCRIBE'])

/** Whether a name at this place is that of a column of something, an alias, a table, a function, a parameter, or the type of one. */
const isElse = (before = '', after = '', next = ''): boolean =>
  BEFORE_OTHERS.has(before) || ['.', '(', ':'].includes(after) || (after === '-' && next === '>')

/** The names that the statement itself gives to something, which they then mean: as an alias, a parameter of a lambda, or in the text of a type. */
function givenNames(texts: readonly string[]): Set<string> {
  const given = new Set<string>()
  for (const [at, text] of texts.entries()) {
    if (texts[at - 1] === 'AS') given.add(nameOf(text).toLowerCase())
    if (text === '-' && texts[at + 1] === '>') addParameters(texts, at - 1, given)
    for (const name of WITHOUT_BRACKETS) if (IN_TYPE[name]!.test(text)) given.add(name)
  }
  return given
}

const IN_TYPE = Object.fromEntries([...WITHOUT_BRACKETS].map((name) => [name, new RegExp(`^'.*\\b${name} +\\w`, 'is')]))

/** `x -> …` or `(x, y) -> …`, read back from where the parameters end. */
function addParameters(texts: readonly string[], end: number, given: Set<string>): void {
  let at = texts[end] === ')' ? end - 1 : end
  given.add(nameOf(texts[at]).toLowerCase())
  for (; at < end && texts[at - 1] === ','; at -= 2) given.add(nameOf(texts[at - 2]).toLowerCase())
}
