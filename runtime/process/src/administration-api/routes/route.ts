/** What the table of the API's routes is made of. Nothing here knows HTTP servers: the plugin, the OpenAPI document and the reference read it. */
import type { Role } from '@spyglass/agent/contract'
import { durationMs, type Parameters } from '../../admin-socket/index.ts'
import { fail } from '../errors.ts'
import { type JsonSchema, ref, text } from '../json-schema.ts'

/** What a request brings. */
export interface ApiInput {
  readonly path: Readonly<Record<string, string>>
  /** By the declared types of the parameters. */
  readonly query: Readonly<Record<string, unknown>>
  /** An empty object for a request without a body. */
  readonly body: Readonly<Record<string, unknown>>
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** A method of the administration socket with its parameters. */
export interface ApiCall {
  readonly method: string
  readonly params: Parameters
}

export interface QueryParameter {
  readonly schema: JsonSchema
  readonly description: string
  readonly isRequired?: true
}

export interface ApiRoute {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** As OpenAPI has it: `/applications/{name}`. */
  readonly path: string
  readonly summary: string
  /** Groups routes in documents. */
  readonly tag: string
  /** The lowest role that may ask. */
  readonly role: Role
  /** Dotted name of what it is about, with its path parameters: `applications.{name}`. */
  readonly name?: string
  readonly parameters?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, QueryParameter>>
  readonly body?: { readonly schema: JsonSchema; readonly isRequired: boolean; readonly example?: unknown }
  /**
   * The argument in place of which the body may be an archive, and the one with what the user calls it; the other arguments are then query
   * parameters.
   */
  readonly archive?: { readonly argument: string; readonly namedBy: string }
  readonly result: JsonSchema
  /** Of a list that grows: what each item is, and what is asked for a client that follows it. */
  readonly stream?: { readonly item: JsonSchema; call(input: ApiInput): ApiCall }
  /** Of a request that succeeds. Default 200. */
  readonly status?: 201
  /** Whether it changes something. */
  readonly isChange: boolean
  /** @throws SPY_API_… */
  call(input: ApiInput): ApiCall
  /** What the client gets. Default: the result of the call. */
  answer?(result: unknown, input: ApiInput): unknown
  /** Path of what was created. */
  location?(input: ApiInput): string
  /** The answer where nothing has that name. */
  readonly whenUnknown?: unknown
}

/** Of a list that grows. */
export const followParameter: QueryParameter = {
  schema: { type: 'boolean', default: false },
  description:
    'Keeps the answer open and sends what comes as it comes: each item as a line of JSON (`application/x-ndjson`); an empty line is a sign of life.',
}

/** How any change is made. */
export const actParameters: Readonly<Record<string, QueryParameter>> = {
  reason: { schema: { ...text, maxLength: 1000 }, description: 'Why; it is kept in the history.' },
  dryRun: { schema: { type: 'boolean', default: false }, description: 'Checks it and says what it would do, without doing it.' },
}

/** How a change of settings is made. */
export const changeParameters: Readonly<Record<string, QueryParameter>> = {
  ...actParameters,
  for: {
    schema: { ...text, pattern: String.raw`^\d{1,9}[smhd]$` },
    description: 'Takes the change back after that time: `90s`, `30m`, `8h` or `7d`; also after a crash or a restart.',
  },
  until: { schema: { ...text, format: 'date-time' }, description: 'Takes the change back at that time. Not together with `for`.' },
}

/** The options of an act, from the query. @throws SPY_API_PARAMETER */
export function actOptions({ query, now }: ApiInput): { readonly options: Readonly<Record<string, unknown>> } {
  const { reason, dryRun } = query
  const until = endOf(query, now)
  return {
    options: {
      ...(reason === undefined ? {} : { reason }),
      ...(until === undefined ? {} : { until }),
      ...(dryRun === true ? { dryRun } : {}),
    },
  }
}

function endOf({ for: time, until }: ApiInput['query'], now: number): number | undefined {
  if (time !== undefined && until !== undefined) throw fail('SPY_API_PARAMETER', ['until', 'not together with for'])
  if (typeof time === 'string') {
    const ms = durationMs(time)
    if (ms === undefined) throw fail('SPY_API_PARAMETER', ['for', `${time} is not a time such as 90s, 30m, 8h or 7d`])
    return now + ms
  }
  if (until === undefined) return undefined
  const at = typeof until === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(until) ? Date.parse(until) : Number.NaN
  if (Number.isNaN(at)) throw fail('SPY_API_PARAMETER', ['until', 'not a time such as 2030-01-31T18:00:00Z (RFC 3339)'])
  return at
}

export const changeResult = ref('ChangeResult')
