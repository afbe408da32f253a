/** Query parameters: `param_id=7` in the URL or a form, `{id:UInt32}` in the statement. The session binds them as values. */
import { refuse } from './clickhouse-error.ts'

export type Parameters = ReadonlyMap<string, string>

/** A bare word of the engine's lexer. */
const NAME = /^[\w$]{1,64}$/
const MAX_COUNT = 100
const MAX_LENGTH = 262_144

/** @throws ClickhouseError when a name or the amount is not acceptable. */
export function checkParameters(parameters: Parameters): void {
  if (parameters.size > MAX_COUNT) throw refuse('BAD_ARGUMENTS', `At most ${MAX_COUNT} query parameters are allowed`)
  let length = 0
  for (const [name, value] of parameters) {
    if (!NAME.test(name)) throw refuse('BAD_ARGUMENTS', `The query parameter ${name} has an invalid name`)
    length += value.length
  }
  if (length > MAX_LENGTH) throw refuse('QUERY_IS_TOO_LARGE', `Query parameters may have ${MAX_LENGTH} characters in all`)
}
