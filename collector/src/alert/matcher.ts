/** Matchers of labels, in Alertmanager's forms: `pool="shop"`, `rule!=X`, `instance=~"shop-.*"`, or its JSON objects. */
import { type Context, createContext, Script } from 'node:vm'
import { fail } from './errors.ts'

/** As Alertmanager has it in JSON. */
export interface Matcher {
  readonly name: string
  readonly value: string
  readonly isRegex: boolean
  readonly isEqual: boolean
}

export type Labels = Readonly<Record<string, string>>

const FORM = /^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|[^"\s](?:.*\S)?|)\s*$/s
const MAX_LENGTH = 1000
/** A pattern comes from people: one that never ends must not hold up the pages. */
const MATCH_MS = 20

/** @throws SPY_SILENCE_INVALID */
export function parseMatcher(given: unknown): Matcher {
  const matcher = typeof given === 'string' ? matcherOfText(given) : matcherOfObject(given)
  if (!matcher || matcher.value.length > MAX_LENGTH)
    throw fail('SPY_SILENCE_INVALID', [`${JSON.stringify(given)?.slice(0, 200)} is no matcher such as pool="shop" or instance=~"shop-.*"`])
  if (matcher.isRegex) patternOf(matcher)
  return matcher
}

export function formatMatcher({ name, value, isRegex, isEqual }: Matcher): string {
  return `${name}${isEqual ? '=' : '!'}${isRegex ? '~' : isEqual ? '' : '='}${JSON.stringify(value)}`
}

/** A label that is missing counts as an empty one, as in Alertmanager. */
export function matches(matcher: Matcher, labels: Labels): boolean {
  const value = labels[matcher.name] ?? ''
  return (matcher.isRegex ? fits(matcher, value) : value === matcher.value) === matcher.isEqual
}

function matcherOfText(text: string): Matcher | undefined {
  const [, name, operator = '', value = ''] = FORM.exec(text) ?? []
  if (name === undefined) return undefined
  return { name, value: unquoted(value), isRegex: operator.endsWith('~'), isEqual: !operator.startsWith('!') }
}

const unquoted = (value: string): string =>
  value.startsWith('"') ? value.slice(1, -1).replaceAll(/\\(.)/gs, (_, c: string) => (c === 'n' ? '\n' : c)) : value

function matcherOfObject(given: unknown): Matcher | undefined {
  if (typeof given !== 'object' || given === null) return undefined
  const { name, value, isRegex = false, isEqual = true } = given as Readonly<Record<string, unknown>>
  if (typeof name !== 'string' || typeof value !== 'string' || !/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) return undefined
  return typeof isRegex === 'boolean' && typeof isEqual === 'boolean' ? { name, value, isRegex, isEqual } : undefined
}

/** The whole value must fit. @throws SPY_SILENCE_INVALID */
function patternOf({ value }: Pick<Matcher, 'value'>): RegExp {
  try {
    return new RegExp(`^(?:${value})$`, 's')
  } catch (error) {
    throw fail('SPY_SILENCE_INVALID', [`${value} is no regular expression`], error)
  }
}

const match = new Script('pattern.test(value)')
/** One for all: a new context costs milliseconds, and each open incident is compared with the silences again and again. */
let scope: Context | undefined

/** One that takes too long fits nothing: then the page goes out. */
function fits(matcher: Matcher, value: string): boolean {
  try {
    scope ??= createContext({})
    Object.assign(scope, { pattern: patternOf(matcher), value })
    return match.runInContext(scope, { timeout: MATCH_MS }) === true
  } catch {
    return false
  }
}
