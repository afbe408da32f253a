/** From what arrives over a socket or HTTP to a request: everything is checked, since both are open to programs that we did not write. */
import type { ActOptions, AdministrationRequest } from './administration.ts'
import { fail } from './errors.ts'

type Fields = Readonly<Record<string, unknown>>
type Verb = AdministrationRequest['verb']

const MAX_NAMES = 1000
const MAX_LIMIT = 100_000
const MAX_REASON_LENGTH = 1000

const parsers: { readonly [V in Verb]: (fields: Fields) => Omit<Extract<AdministrationRequest, { verb: V }>, 'verb'> } = {
  list: ({ pattern }) => optional('pattern', textOf('pattern', pattern)),
  get: ({ names }) => ({ names: namesOf(names) }),
  set: ({ values, options }) => ({ values: recordOf('values', values), ...optionsOf(options) }),
  create: ({ name, values = {}, options }) => ({ name: nameOf(name), values: recordOf('values', values), ...optionsOf(options) }),
  delete: ({ name, options }) => ({ name: nameOf(name), ...optionsOf(options) }),
  invoke: ({ name, arguments: given = {}, options }) => ({
    name: nameOf(name),
    arguments: recordOf('arguments', given),
    ...optionsOf(options),
  }),
  history: ({ pattern, limit }) => ({
    ...optional('pattern', textOf('pattern', pattern)),
    ...optional('limit', numberOf('limit', limit, MAX_LIMIT)),
  }),
  undo: ({ change, options }) => ({ ...optional('change', numberOf('change', change)), ...optionsOf(options) }),
  diff: () => ({}),
}

export const verbs: readonly Verb[] = Object.keys(parsers) as Verb[]

/** @throws SPY_ADMIN_REQUEST with what is wrong */
export function parseRequest(verb: Verb, fields: Fields): AdministrationRequest {
  return { verb, ...parsers[verb](fields) } as AdministrationRequest
}

function optionsOf(options: unknown): { readonly options?: ActOptions } {
  if (options === undefined) return {}
  const { reason, until, dryRun, unchanged } = recordOf('options', options)
  if (dryRun !== undefined && typeof dryRun !== 'boolean') throw fail('SPY_ADMIN_REQUEST', ['dryRun is neither true nor false'])
  const why = textOf('reason', reason)
  if (why !== undefined && why.length > MAX_REASON_LENGTH)
    throw fail('SPY_ADMIN_REQUEST', [`reason is longer than ${MAX_REASON_LENGTH} characters`])
  return {
    options: {
      ...optional('reason', why),
      ...optional('until', numberOf('until', until)),
      ...optional('dryRun', dryRun),
      ...optional('unchanged', unchangedOf(unchanged)),
    },
  }
}

function unchangedOf(unchanged: unknown): ActOptions['unchanged'] {
  if (unchanged === undefined) return undefined
  if (!Array.isArray(unchanged) || unchanged.length > MAX_NAMES)
    throw fail('SPY_ADMIN_REQUEST', [`unchanged is not a list of at most ${MAX_NAMES} settings`])
  return unchanged.map((each) => {
    const { name, value, change } = recordOf('unchanged', each)
    return { name: nameOf(name), value, ...optional('change', numberOf('change', change)) }
  })
}

function namesOf(names: unknown): readonly string[] {
  const isList = Array.isArray(names) && names.length > 0 && names.length <= MAX_NAMES
  if (isList && names.every((name) => typeof name === 'string')) return names
  throw fail('SPY_ADMIN_REQUEST', [`names is not a list of 1 to ${MAX_NAMES} names`])
}

function nameOf(name: unknown): string {
  if (typeof name === 'string' && name !== '') return name
  throw fail('SPY_ADMIN_REQUEST', ['name is missing'])
}

function recordOf(field: string, value: unknown): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw fail('SPY_ADMIN_REQUEST', [`${field} is not an object`])
}

function textOf(field: string, value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw fail('SPY_ADMIN_REQUEST', [`${field} is not a text`])
}

function numberOf(field: string, value: unknown, max = Number.MAX_SAFE_INTEGER): number | undefined {
  if (value === undefined) return undefined
  if (Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= max) return Number(value)
  throw fail('SPY_ADMIN_REQUEST', [`${field} is not a whole number from 1 to ${max}`])
}

const optional = <K extends string, T>(key: K, value: T | undefined): { readonly [P in K]?: T } =>
  value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: T })
