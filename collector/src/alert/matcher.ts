/** Matchers of labels, in Alertmanager's forms: `pool="shop"`, `rule!=X`, `instance=~"shop-.*"`, or its JSON objects. */
import { type Context, createContext, Script } from 'node:vm'
import { type LabelMatcher as Matcher, labelPattern, parseLabelMatcher } from '@spyglass/process/settings'
import { fail } from './errors.ts'

export type { Matcher }
export type Labels = Readonly<Record<string, string>>

const MAX_LENGTH = 1000
/** A pattern comes from people: one that never ends must not hold up the pages. */
const MATCH_MS = 100
const MAX_SLOW = 3
/** Patterns that share this time. */
const AT_ONCE = 500

/** @throws SPY_SILENCE_INVALID */
export function parseMatcher(given: unknown): Matcher {
  const matcher = typeof given === 'string' ? parseLabelMatcher(given) : matcherOfObject(given)
  if (!matcher || matcher.value.length > MAX_LENGTH)
    throw fail('SPY_SILENCE_INVALID', [`${JSON.stringify(given)?.slice(0, 200)} is no matcher such as pool="shop" or instance=~"shop-.*"`])
  if (matcher.isRegex) patternOf(matcher) // refused here, and never when a page is due
  return matcher
}

export function formatMatcher({ name, value, isRegex, isEqual }: Matcher): string {
  return `${name}${isEqual ? '=' : '!'}${isRegex ? '~' : isEqual ? '' : '='}${JSON.stringify(value)}`
}

/** Whether all fit. A label that is missing counts as an empty one, as in Alertmanager. */
export const allMatch = (matchers: readonly Matcher[], labels: Labels): boolean => whichMatch([matchers], labels)[0] === true

/** Of several lists of matchers, which fit these labels whole. All their patterns are tested in one go, each of them once. */
export function whichMatch(lists: readonly (readonly Matcher[])[], labels: Labels): readonly boolean[] {
  const open = lists.map((matchers) => matchers.every((matcher) => matcher.isRegex || isSame(matcher, labels)))
  const fitting = resultsOf(
    lists.flatMap((matchers, i) => (open[i] ? matchers.filter(({ isRegex }) => isRegex) : [])),
    labels,
  )
  const fits = (matcher: Matcher): boolean => !matcher.isRegex || fitting.get(keyOf(matcher, labels)) === matcher.isEqual
  return lists.map((matchers, i) => open[i] === true && matchers.every(fits))
}

/** What is known of patterns and values: the same are asked about every second, for as long as an incident lasts. */
const known = new Map<string, boolean>()
const MAX_KNOWN = 10_000

function resultsOf(matchers: readonly Matcher[], labels: Labels): ReadonlyMap<string, boolean | undefined> {
  const results = new Map<string, boolean | undefined>()
  const tests = new Map<string, Test>()
  for (const matcher of matchers) {
    const key = keyOf(matcher, labels)
    if (known.has(key)) results.set(key, known.get(key))
    else tests.set(key, { pattern: patternOf(matcher), value: labels[matcher.name] ?? '' })
  }
  const tested = testAll([...tests.values()])
  for (const [i, key] of [...tests.keys()].entries()) {
    results.set(key, tested[i])
    remember(key, tested[i])
  }
  return results
}

/** One that took too long is tried again: the process may have had no time. */
function remember(key: string, result: boolean | undefined): void {
  if (result === undefined) return
  if (known.size >= MAX_KNOWN) known.clear()
  known.set(key, result)
}

const isSame = ({ name, value, isEqual }: Matcher, labels: Labels): boolean => ((labels[name] ?? '') === value) === isEqual

const keyOf = ({ name, value }: Matcher, labels: Labels): string => `${value}\n${labels[name] ?? ''}`

function matcherOfObject(given: unknown): Matcher | undefined {
  if (typeof given !== 'object' || given === null) return undefined
  const { name, value, isRegex = false, isEqual = true } = given as Readonly<Record<string, unknown>>
  if (typeof name !== 'string' || typeof value !== 'string' || !/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) return undefined
  return typeof isRegex === 'boolean' && typeof isEqual === 'boolean' ? { name, value, isRegex, isEqual } : undefined
}

/** Compiled once: there may be a thousand silences with fifty patterns each. */
const compiled = new Map<string, RegExp>()
const MAX_COMPILED = 100_000

/** The whole value must fit. @throws SPY_SILENCE_INVALID */
function patternOf({ value }: Pick<Matcher, 'value'>): RegExp {
  const before = compiled.get(value)
  if (before) return before
  try {
    const pattern = labelPattern(value)
    if (compiled.size >= MAX_COMPILED) compiled.clear()
    compiled.set(value, pattern)
    return pattern
  } catch (error) {
    throw fail('SPY_SILENCE_INVALID', [`${value} is no regular expression`], error)
  }
}

interface Test {
  readonly pattern: RegExp
  readonly value: string
}

/** The loop is inside: entering a context costs more than most patterns. What it has done so far is seen when its time is up. */
const script = new Script('for (; at.next < at.end; at.next++) results[at.next] = tests[at.next].pattern.test(tests[at.next].value)')
/** One for all: a new context costs milliseconds. */
let scope: Context | undefined

/** A pattern that takes too long neither fits nor does not: then the page goes out. When several do, the rest are not tested. */
function testAll(tests: readonly Test[]): readonly (boolean | undefined)[] {
  const results = tests.map((): boolean | undefined => undefined)
  let slow = 0
  for (let next = 0; next < tests.length && slow < MAX_SLOW;) {
    const done = run(tests, results, { next, end: Math.min(tests.length, next + AT_ONCE) })
    // The one that it stopped at is to blame if it takes as long by itself: this process may have had no time meanwhile.
    const isSlow = done < Math.min(tests.length, next + AT_ONCE) && run(tests, results, { next: done, end: done + 1 }) === done
    if (isSlow) slow++
    next = isSlow ? done + 1 : done
  }
  return results
}

/** Tests those from `next`; returns the index of the first that it did not. */
function run(tests: readonly Test[], results: readonly (boolean | undefined)[], at: { next: number; readonly end: number }): number {
  try {
    scope ??= createContext({})
    Object.assign(scope, { tests, results, at })
    script.runInContext(scope, { timeout: MATCH_MS })
  } catch {
    // its time is up
  }
  return at.next
}
