/**
 * Query parameters: `param_id=7` in the URL, `{id:UInt32}` in the statement. They are set on the session, where the engine binds them as
 * values; chDB's own way of passing them is shared by all sessions of the process and would make parameterised queries wait for another.
 */
import { refuse } from './clickhouse-error.ts'
import type { StoreSession } from './session.ts'
import { stringLiteral } from './sql-literal.ts'

export type Parameters = ReadonlyMap<string, string>

const NAME = /^[A-Za-z_]\w{0,63}$/
const MAX_COUNT = 100
const MAX_LENGTH = 262_144

/** @throws ClickhouseError when a name or the amount is not acceptable. */
export function checkParameters(parameters: Parameters): void {
  if (parameters.size > MAX_COUNT) throw refuse('BAD_ARGUMENTS', `At most ${MAX_COUNT} query parameters are allowed`)
  let length = 0
  for (const [name, value] of parameters) {
    if (!NAME.test(name)) throw refuse('BAD_ARGUMENTS', `The query parameter ${name} has no proper name`)
    length += value.length
  }
  if (length > MAX_LENGTH) throw refuse('QUERY_IS_TOO_LARGE', `Query parameters may have ${MAX_LENGTH} characters in all`)
}

/** What earlier statements left set on each session: the engine has no way to unset a parameter. */
const leftovers = new WeakMap<StoreSession, Set<string>>()

/** Sets the parameters; a session on which an earlier request's value could be taken for one of this request's is renewed first. */
export async function bindParameters(session: StoreSession, parameters: Parameters, sql: string): Promise<void> {
  const left = leftovers.get(session) ?? new Set()
  leftovers.set(session, left)
  if ([...left].some((name) => !parameters.has(name) && mentions(sql, name))) {
    await session.renew()
    left.clear()
  }
  if (parameters.size === 0) return
  for (const name of parameters.keys()) left.add(name)
  await session.query(`SET ${[...parameters].map(([name, value]) => `param_${name} = ${stringLiteral(value)}`).join(', ')}`, 'Null')
}

const mentions = (sql: string, name: string): boolean => new RegExp(`\\{\\s*${name}\\s*:`).test(sql)
