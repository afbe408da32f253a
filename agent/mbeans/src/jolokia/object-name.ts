/** ObjectNames: parsing, canonical form, and pattern matching. */
import { fail } from './errors.ts'
import { type Matcher, compileGlob } from './glob.ts'
import { createLru } from './lru.ts'

export interface ObjectName {
  readonly domain: string
  /** Keys in the order written, with raw values: a quoted value keeps its quotes. */
  readonly keys: ReadonlyMap<string, string>
  /** Domain and sorted keys: equal for two spellings of one name. */
  readonly canonical: string
  /** Whether it holds a wildcard in the domain, in a value, or `,*`. */
  readonly isPattern: boolean
  /** Whether it ends in `*` as a property: further keys may follow. */
  readonly isOpen: boolean
}

/** Longest name that is accepted. */
export const MAX_NAME_LENGTH = 2048

const KEY_FORBIDDEN = /[*?,:=\n]/
const VALUE_FORBIDDEN = /[,=:"\n]/

const parsed = createLru<ObjectName>(5000)

/** Parses a name or pattern; a malformed one throws `SPY_JOLOKIA_BAD_NAME`. Results are cached: pollers repeat their names. */
export function parseObjectName(text: string): ObjectName {
  const known = parsed.get(text)
  if (known) return known
  const name = parse(text)
  parsed.set(text, name)
  return name
}

/** Whether clients can parse this text as a name or pattern. */
export function isObjectName(text: string): boolean {
  try {
    parseObjectName(text)
    return true
  } catch {
    return false // the caller does not need the reason
  }
}

function parse(text: string): ObjectName {
  if (text.length > MAX_NAME_LENGTH) throw fail('SPY_JOLOKIA_TOO_LONG', ['the ObjectName', MAX_NAME_LENGTH])
  const colon = text.indexOf(':')
  const domain = text.slice(0, Math.max(colon, 0))
  const properties = colon === -1 ? '' : text.slice(colon + 1)
  if (properties === '') throw fail('SPY_JOLOKIA_BAD_NAME', ['Key properties cannot be empty'])
  if (domain.includes('\n')) throw fail('SPY_JOLOKIA_BAD_NAME', ['A domain cannot hold a line break'])
  const keys = new Map<string, string>()
  let isOpen = false
  let isPattern = /[*?]/.test(domain)
  for (const property of splitProperties(properties)) {
    if (property === '*' && !isOpen) {
      isOpen = true
      continue
    }
    const [key, value] = parseProperty(property)
    if (keys.has(key)) throw fail('SPY_JOLOKIA_BAD_NAME', [`duplicate key ${key}`])
    keys.set(key, value)
    isPattern ||= hasWildcard(value)
  }
  return { domain, keys, canonical: canonicalOf(domain, keys, isOpen), isPattern: isPattern || isOpen, isOpen }
}

function canonicalOf(domain: string, keys: ReadonlyMap<string, string>, isOpen: boolean): string {
  const pairs = [...keys].map(([key, value]) => `${key}=${value}`).sort()
  return `${domain}:${(isOpen ? [...pairs, '*'] : pairs).join(',')}`
}

/** Splits at commas outside of quotes. */
function splitProperties(text: string): string[] {
  const properties: string[] = []
  let start = 0
  let quoted = false
  for (let index = 0; index < text.length; index++) {
    const character = text[index]
    if (character === '"') quoted = !quoted
    else if (character === '\\' && quoted) index++
    else if (character === ',' && !quoted) {
      properties.push(text.slice(start, index))
      start = index + 1
    }
  }
  properties.push(text.slice(start))
  return properties
}

function parseProperty(property: string): readonly [key: string, value: string] {
  const equals = property.indexOf('=')
  const key = property.slice(0, Math.max(equals, 0))
  const value = property.slice(equals + 1)
  if (key === '') throw fail('SPY_JOLOKIA_BAD_NAME', ['Key properties need the form key=value'])
  if (KEY_FORBIDDEN.test(key)) throw fail('SPY_JOLOKIA_BAD_NAME', [`The key ${key} holds a character that is not allowed`])
  if (value.startsWith('"') ? !isQuoted(value) : VALUE_FORBIDDEN.test(value)) {
    throw fail('SPY_JOLOKIA_BAD_NAME', [`The value of ${key} must be quoted, or its quotes do not match`])
  }
  return [key, value]
}

/** Whether the value is one quoted text: the closing quote is the last character, and is not escaped. */
function isQuoted(value: string): boolean {
  for (let index = 1; index < value.length; index++) {
    if (value[index] === '\\') index++
    else if (value[index] === '\n') return false
    else if (value[index] === '"') return index === value.length - 1
  }
  return false
}

function hasWildcard(value: string): boolean {
  if (!value.startsWith('"')) return /[*?]/.test(value)
  for (let index = 1; index < value.length - 1; index++) {
    if (value[index] === '\\') index++
    else if (value[index] === '*' || value[index] === '?') return true
  }
  return false
}

/** Compiles a pattern to a predicate on names. */
export function compilePattern(pattern: ObjectName): (name: ObjectName) => boolean {
  const domain = compileGlob(pattern.domain)
  const values: (readonly [key: string, matches: Matcher])[] = [...pattern.keys].map(([key, value]) => [key, compileGlob(value)])
  return (name) => {
    if (!domain(name.domain) || (!pattern.isOpen && name.keys.size !== values.length)) return false
    return values.every(([key, matches]) => {
      const value = name.keys.get(key)
      return value !== undefined && matches(value)
    })
  }
}

/** The keys as written in the name: `type=Memory`. */
export function keyListOf(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}
