/** The fields that say how long an answer may be kept (RFC 9111). What cannot be read counts as "not at all". */

/** Directives by name in lower case; one without a value has the empty text. Of several of one name the first counts. */
export type Directives = ReadonlyMap<string, string>

const DIRECTIVE = /([!#$%&'*+.^`|~\w-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,;"]*)))?/g

export function directivesOf(field: string): Directives {
  const found = new Map<string, string>()
  for (const [, name = '', quoted, plain] of field.matchAll(DIRECTIVE)) {
    const key = name.toLowerCase()
    if (!found.has(key)) found.set(key, quoted?.replaceAll(/\\(.)/g, '$1') ?? plain ?? '')
  }
  return found
}

/** A field as one text. */
export const textOf = (value: string | readonly string[] | number | undefined): string | undefined =>
  value === undefined ? undefined : Array.isArray(value) ? value.join(', ') : String(value)

/** Milliseconds of a directive in seconds; undefined: there is none; 0: it cannot be read. */
export function msOf(directives: Directives, name: string): number | undefined {
  const value = directives.get(name)
  if (value === undefined) return undefined
  return /^\d+$/.test(value) ? Math.min(Number(value), MAX_S) * 1000 : 0
}

/** RFC 9111 §1.2.2: what is more than a cache can hold counts as 2^31. */
const MAX_S = 2_147_483_648
