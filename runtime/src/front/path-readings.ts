/**
 * The paths that the address of a request may be read as: routers differ in what they make of case, encoding, semicolons and empty segments. Who guards paths
 * takes all readings. What lets through (access rules) needs each of them to be allowed, and refuses those in doubt: {@link readingsOf}. What holds back
 * (rate limits) counts if any of them is meant: {@link pathsOf}.
 */
import { normaliseContextPath, originForm } from './context-path.ts'

/** `new URL('//public/admin', base)` has the path `/admin`: what comes after two slashes may be read as a host. */
const AT_HOST = /^\/[/\\][^/\\]*/

/** Decoded, in lower case, without empty segments and a slash at the end. Undefined: the path cannot be read, or not without doubt, and is nobody's. */
export function normalPath(url: string): string | undefined {
  const raw = rawPath(url)
  return AT_HOST.test(raw) ? undefined : decoded(raw)
}

/** A request may name a whole URL, which routers read as its path. */
const rawPath = (url: string): string => originForm(url).split(/[?#]/, 1)[0] ?? ''

function decoded(raw: string): string | undefined {
  const path = decodedWhole(raw)
  if (path === undefined) return undefined
  const segments = segmentsOf(path)
  return segments.some(isDots) ? undefined : joined(segments)
}

const segmentsOf = (path: string): readonly string[] =>
  path
    .replaceAll('\\', '/')
    .toLowerCase()
    .split('/')
    .filter((each) => each !== '')

const isDots = (segment: string): boolean => segment === '.' || segment === '..'

const joined = (segments: readonly string[]): string => `/${segments.join('/')}`

/** As routers may read it; undefined is nobody's. */
export const readingsOf = (url: string): readonly (string | undefined)[] => spellingsOf(rawPath(url)).map((raw) => normalPath(raw))

/** An encoded slash separates or does not; a semicolon is a letter, begins parameters of its segment, or ends the path. */
function spellingsOf(raw: string): readonly string[] {
  const at = raw.indexOf(';')
  const paths = at < 0 ? [raw] : [raw, raw.replaceAll(/;[^/]*/g, ''), raw.slice(0, at)]
  return [...new Set(paths.flatMap((path) => [path, withoutSeparators(path)]))]
}

const withoutSeparators = (path: string): string =>
  /%2f|%5c|\\/i.test(path) ? path.replaceAll(/%(?=2f|5c)/gi, '%25').replaceAll('\\', '%255c') : path

/** Nearly all addresses have one reading: this keeps the others from costing them anything. */
const IS_ODD = /^[^?]*?(?:[%;\\#]|\/[/.])/

/** The same, and what is in doubt in every way in which it can be read: dot segments as they are and resolved, two slashes at the start before a host or none. */
export function pathsOf(url: string): readonly string[] {
  if (IS_ODD.test(url)) return [...new Set(spellingsOf(rawPath(url)).flatMap(doubtfulPaths))]
  const question = url.indexOf('?')
  return [(question < 0 ? url : url.slice(0, question)).toLowerCase()]
}

function doubtfulPaths(raw: string): readonly string[] {
  const origins = AT_HOST.test(raw) ? [raw, raw.replace(AT_HOST, '')] : [raw]
  return origins.flatMap((each) => {
    const segments = segmentsOf(decodedWherePossible(each))
    return segments.some(isDots) ? [joined(segments), joined(resolved(segments))] : [joined(segments)]
  })
}

/** What cannot be decoded stays as it came. */
function decodedWherePossible(raw: string): string {
  return decodedWhole(raw) ?? raw.replaceAll(/(?:%[\da-f]{2})+/gi, (part) => decodedWhole(part) ?? part)
}

function decodedWhole(raw: string): string | undefined {
  try {
    return decodeURIComponent(raw)
  } catch {
    return undefined
  }
}

function resolved(segments: readonly string[]): readonly string[] {
  const kept: string[] = []
  for (const each of segments) {
    if (each === '..') kept.pop()
    else if (each !== '.') kept.push(each)
  }
  return kept
}

/** A configured path as those of {@link pathsOf} are compared with it, by `isBelow`. */
export const normalPrefix = (path: string): string => normaliseContextPath(normalPath(path) ?? path)
