/**
 * Names for URL paths that have no route: what looks like an identifier becomes a placeholder. Anyone may ask for any path, so the names are
 * bounded, and one that does not fit is none.
 */

/** Names of a process; an application with more than this has identifiers that are not recognised. */
const MAX_NAMES = 200
const MAX_SEGMENTS = 8
const MAX_LENGTH = 120
/** Longer ones are not looked at. */
const MAX_SEGMENT = 64
/** Answers of the last paths, since the same are asked for again. */
const MAX_REMEMBERED = 1000

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i
const NUMBER = /^[-+]?\d[\d.,:_-]*$/
const HEX = /^(?=.*\d)[\da-f]{8,}$/i
/** Base 64, base 58 and the like: long, with digits between letters. */
const TOKEN = /^(?=.*\d.*[a-z]|.*[a-z].*\d)[\w~+=.-]{16,}$/i
const WORD = /^[a-z][\w.~-]{0,40}$/i

/** `/orders/42/lines` is `/orders/{id}/lines`. Empty when the path has no name. */
export class PathGroups {
  readonly #names = new Set<string>()
  readonly #remembered = new Map<string, string>()

  of(path: string): string {
    const known = this.#remembered.get(path)
    if (known !== undefined) return known
    const name = groupOf(path)
    const fits = this.#names.has(name) || this.#names.size < MAX_NAMES
    const result = fits ? name : ''
    if (result !== '') this.#names.add(result)
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear()
    this.#remembered.set(path, result)
    return result
  }
}

/** Without a bound on the number of names. */
export function groupOf(path: string): string {
  if (!path.startsWith('/')) return ''
  const segments = path.split('/').slice(1)
  const shown = segments.slice(0, MAX_SEGMENTS).map(placeholderOr)
  const name = `/${shown.join('/')}${segments.length > MAX_SEGMENTS ? '/*' : ''}`
  return name.length > MAX_LENGTH ? '' : name
}

/** What is no plain word is a value, whatever it means. */
function placeholderOr(segment: string): string {
  if (segment === '') return ''
  if (segment.length > MAX_SEGMENT) return '{value}'
  if (UUID.test(segment)) return '{uuid}'
  if (NUMBER.test(segment)) return '{id}'
  if (HEX.test(segment)) return '{hash}'
  if (TOKEN.test(segment)) return '{token}'
  return WORD.test(segment) ? segment : '{value}'
}
