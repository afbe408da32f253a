/** Reads query parameters by their declared types. */
import { fail } from './errors.ts'
import type { JsonSchema } from './json-schema.ts'
import { isObject } from './openapi.ts'
import type { ApiRoute, QueryParameter } from './routes/index.ts'

type Raw = Readonly<Record<string, unknown>>

/** @throws SPY_API_PARAMETER for one that is unknown, missing, there twice or of another type */
export function queryOf({ query = {} }: Pick<ApiRoute, 'query'>, raw: Raw): Raw {
  const unknown = Object.keys(raw).find((name) => !Object.hasOwn(query, name))
  if (unknown !== undefined)
    throw fail('SPY_API_PARAMETER', [unknown, `there is none of that name; it takes ${Object.keys(query).join(', ') || 'none'}`])
  return Object.fromEntries(Object.entries(query).flatMap(([name, declared]) => parameterOf(name, declared, raw[name])))
}

function parameterOf(name: string, { schema, isRequired }: QueryParameter, given: unknown): readonly (readonly [string, unknown])[] {
  if (given === undefined) {
    if (isRequired) throw fail('SPY_API_PARAMETER', [name, 'it is missing'])
    return []
  }
  if (schema['type'] === 'array') return [[name, Array.isArray(given) ? given : [given]]]
  if (typeof given !== 'string') throw fail('SPY_API_PARAMETER', [name, 'it is there twice'])
  return [[name, valueOf(name, schema, given)]]
}

function valueOf(name: string, schema: JsonSchema, given: string): unknown {
  const { type, minimum = -Infinity, maximum = Infinity, maxLength = Infinity } = schema
  if (type === 'boolean') {
    const value = { true: true, false: false }[given]
    if (value === undefined) throw fail('SPY_API_PARAMETER', [name, 'it is neither true nor false'])
    return value
  }
  if (type === 'integer') {
    const value = /^-?\d{1,15}$/.test(given) ? Number(given) : Number.NaN
    if (!(value >= Number(minimum) && value <= Number(maximum)))
      throw fail('SPY_API_PARAMETER', [name, `it is not a whole number${minimum === -Infinity ? '' : ` from ${String(minimum)}`}`])
    return value
  }
  if (given.length > Number(maxLength)) throw fail('SPY_API_PARAMETER', [name, `it is longer than ${String(maxLength)} characters`])
  return isObject(schema) ? jsonOf(name, given) : given
}

function jsonOf(name: string, given: string): unknown {
  try {
    return JSON.parse(given)
  } catch (error) {
    throw fail('SPY_API_PARAMETER', [name, 'it is not JSON'], error)
  }
}
