/** Reads the MBean endpoint over the Jolokia protocol: all kinds that have a table in one bulk request. */
import type { AttributeValue } from '@spyglass/agent/contract'
import type { OwnFetch } from '@spyglass/process/own-client'
import { fail } from '../errors.ts'
import type { MibTable } from '../mib/tables.ts'
import { REPORTS, silentProcesses, withoutOldFigures } from './silence.ts'

/** The attributes of one resource by name; unknown values are absent. */
export type ResourceValues = Readonly<Record<string, AttributeValue>>

/** The resources of each table's kind, in the order of the tables; those of silent processes without figures. */
export type ReadTables = (tables: readonly MibTable[]) => Promise<readonly (readonly ResourceValues[])[]>

export interface JolokiaClientOptions {
  /** `http://127.0.0.1:8778/jolokia` */
  readonly url: string
  readonly timeoutMs: number
  /** Default: `fetch`. */
  readonly fetch?: OwnFetch
}

/** @throws SPY_SNMP_POLL from the result, when the endpoint does not respond or the response is invalid. */
export function createJolokiaReader({ url, timeoutMs, fetch: ask = fetch }: JolokiaClientOptions): ReadTables {
  return async (tables) => {
    const answers = await post(ask, url, JSON.stringify([...tables.map(readRequest), REPORTS]), timeoutMs)
    if (!Array.isArray(answers) || answers.length !== tables.length + 1) throw fail('SPY_SNMP_POLL', [url, 'unexpected response'])
    const silent = silentProcesses(resourcesOf(answers.at(-1), url))
    return tables.map(({ kind }, i) => resourcesOf(answers[i], url).map((values) => withoutOldFigures(kind, values, silent)))
  }
}

interface ReadRequest {
  readonly type: 'read'
  readonly mbean: string
  readonly attribute: readonly string[]
  readonly config: { readonly ignoreErrors: true }
}

function readRequest({ kind, columns }: MibTable): ReadRequest {
  const attribute = [...new Set([...kind.keys, ...columns.map(({ attribute }) => attribute)])]
  return { type: 'read', mbean: `${kind.domain}:type=${kind.type},*`, attribute, config: { ignoreErrors: true } }
}

async function post(ask: OwnFetch, url: string, body: string, timeoutMs: number): Promise<unknown> {
  try {
    const response = await ask(`${url}/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      signal: AbortSignal.timeout(timeoutMs),
      redirect: 'error',
    })
    const text = await response.text()
    if (!response.ok) throw fail('SPY_SNMP_POLL', [url, `HTTP ${response.status}`])
    return JSON.parse(text)
  } catch (error) {
    throw fail('SPY_SNMP_POLL', [url, reasonOf(error)], error)
  }
}

/** A pattern without a match gives 404: there is no resource of this kind at present. */
function resourcesOf(answer: unknown, url: string): ResourceValues[] {
  const { status, value, error } = answer as { status?: unknown; value?: unknown; error?: unknown }
  if (status === 404) return []
  if (status !== 200 || typeof value !== 'object' || value === null)
    throw fail('SPY_SNMP_POLL', [url, `status ${String(status)} ${String(error)}`])
  return Object.values(value as Record<string, Record<string, unknown>>).map(knownValues)
}

/** `null` means unknown; an object is the error of a getter. */
function knownValues(attributes: Record<string, unknown>): ResourceValues {
  return Object.fromEntries(
    Object.entries(attributes).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value)),
  ) as ResourceValues
}

/** The messages of an error and of its cause: fetch hides `ECONNREFUSED` in the cause. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause instanceof Error && error.cause.message !== '' ? ` (${error.cause.message})` : ''
  return error.message + cause
}
