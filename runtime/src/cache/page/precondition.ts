/** Whether a client has what it asks for already (RFC 9110 §13). */
import type { IncomingHttpHeaders } from 'node:http'
import { textOf } from './cache-control.ts'
import type { Fields } from './storable.ts'

export type Conditions = Pick<IncomingHttpHeaders, 'if-none-match' | 'if-modified-since'>

/** Undefined: the request has none. */
export function conditionsOf(headers: IncomingHttpHeaders): Conditions | undefined {
  const { 'if-none-match': match, 'if-modified-since': since } = headers
  if (match === undefined && since === undefined) return undefined
  return { ...(match === undefined ? {} : { 'if-none-match': match }), ...(since === undefined ? {} : { 'if-modified-since': since }) }
}

/** If-None-Match counts where both are there (§13.1.3), and compares weakly (§13.1.2). */
export function isNotModified(conditions: Conditions, fields: Fields): boolean {
  const { 'if-none-match': match, 'if-modified-since': since } = conditions
  if (match !== undefined) return isMatched(match, textOf(fields['etag']))
  const [changed, known] = [Date.parse(textOf(fields['last-modified']) ?? ''), Date.parse(since ?? '')]
  return changed <= known // false where one cannot be read
}

const TAG = /(?:W\/)?"[^"]*"/g

function isMatched(match: string, etag: string | undefined): boolean {
  if (match.trim() === '*') return true
  if (etag === undefined) return false
  return (match.match(TAG) ?? []).some((tag) => opaque(tag) === opaque(etag))
}

const opaque = (tag: string): string => tag.replace(/^W\//, '')

/** What a 304 has of the fields of its 200 (RFC 9110 §15.4.5). */
const IN_304: ReadonlySet<string> = new Set([
  'cache-control',
  'content-location',
  'date',
  'etag',
  'expires',
  'vary',
  'age',
  'last-modified',
  'cache-status',
])
/** What describes a body that a 304 does not have. */
const OF_BODY: ReadonlySet<string> = new Set([
  'content-length',
  'content-type',
  'content-encoding',
  'content-language',
  'transfer-encoding',
])

export const in304 = (fields: Fields): Fields => Object.fromEntries(Object.entries(fields).filter(([name]) => IN_304.has(name)))
export const isOfBody = (name: string): boolean => OF_BODY.has(name)
