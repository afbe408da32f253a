/** Which answers a page cache may keep, and how long: RFC 9111 §3 and §4.2, and stricter where the cache cannot know better. */
import { type Directives, directivesOf, msOf, textOf } from './cache-control.ts'

export type Fields = Readonly<Record<string, string | readonly string[]>>

export interface Answered {
  readonly status: number
  readonly fields: Fields
  /** Undefined: it was too large to keep. */
  readonly body: Buffer | undefined
}

export interface PageLife {
  readonly ttlMs: number
  readonly staleMs: number
  /** How old it was when it came: it is from a cache itself. */
  readonly ageMs: number
}

export interface LifeSettings {
  readonly statuses: readonly number[]
  /** Where the answer says nothing itself. */
  readonly ttlMs: number
  readonly staleMs: number
}

/** Its answers are for one client, for one moment, or a part. */
const NEVER = ['no-store', 'private', 'no-cache']
const NEVER_WITH = ['set-cookie', 'content-range', 'trailer', 'www-authenticate']
/** Stale answers must not be given out (RFC 9111 §4.2.4). */
const NEVER_STALE = ['must-revalidate', 'proxy-revalidate', 's-maxage']

/** Undefined: it is not kept. */
export function lifeOf({ status, fields, body }: Answered, settings: LifeSettings): PageLife | undefined {
  const control = directivesOf(textOf(fields['cache-control']) ?? '')
  const isKept =
    body !== undefined &&
    settings.statuses.includes(status) &&
    !NEVER.some((name) => control.has(name)) &&
    !NEVER_WITH.some((name) => fields[name] !== undefined) &&
    !varyOf(fields).includes('*') &&
    isWhole(fields, body)
  if (!isKept) return undefined
  const ageMs = ageOf(fields)
  const ttlMs = (freshMs(control, fields) ?? settings.ttlMs) - ageMs
  if (ttlMs <= 0) return undefined
  return {
    ttlMs,
    staleMs: NEVER_STALE.some((name) => control.has(name)) ? 0 : (msOf(control, 'stale-while-revalidate') ?? settings.staleMs),
    ageMs,
  }
}

/**
 * Names of the request fields that the answer depends on, in lower case. One that allows a single origin depends on that, whether or not it says so: another site
 * would be given what it may not read, or not be given what it may.
 */
export function varyOf(fields: Fields): readonly string[] {
  const named = (textOf(fields['vary']) ?? '').toLowerCase().split(',')
  const allowed = textOf(fields['access-control-allow-origin']) ?? '*'
  return [...new Set([...named.map((name) => name.trim()).filter((name) => name !== ''), ...(allowed === '*' ? [] : ['origin'])])].sort()
}

/** By itself, in the order of RFC 9111 §4.2.1; undefined: it says nothing. */
function freshMs(control: Directives, fields: Fields): number | undefined {
  const said = msOf(control, 's-maxage') ?? msOf(control, 'max-age')
  const { expires } = fields
  if (said !== undefined || expires === undefined) return said
  const until = Date.parse(textOf(expires) ?? '') - (Date.parse(textOf(fields['date']) ?? '') || Date.now())
  return Number.isNaN(until) ? 0 : Math.max(0, until)
}

function ageOf(fields: Fields): number {
  const age = Number(textOf(fields['age']) ?? 0)
  return Number.isFinite(age) && age > 0 ? age * 1000 : 0
}

const isWhole = (fields: Fields, body: Buffer): boolean => {
  const length = textOf(fields['content-length'])
  return length === undefined || Number(length) === body.length
}

/** What the application says with what is added on the way out: a cookie of a session, for instance. */
export function strictest(own: Fields, sent: Fields): Fields {
  const { 'content-length': _length, ...added } = sent // of the body as it is sent
  const both = (name: string): Fields => {
    const texts = [own[name], sent[name]].flatMap((value) => value ?? [])
    return texts.length === 0 ? {} : { [name]: texts.join(', ') }
  }
  return { ...added, ...own, ...both('cache-control'), ...both('vary') }
}
