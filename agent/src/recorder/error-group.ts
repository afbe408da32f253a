/**
 * Which errors are one and the same: those of a type, with a message that differs in numbers and ids alone, from one function of the application. A line
 * is no part of it, unless there is no function: it changes with every release.
 */
import type { ErrorGroup } from '../aggregate/aggregates.ts'
import { applicationFrames, type Frame } from '../call-site/call-site.ts'
import { redactText } from '../redact/index.ts'
import { digestOf } from '../sql/digest.ts'
import { now } from './clock.ts'
import { errorStack, errorText, errorTypeOf } from './error-text.ts'

const MAX_MESSAGE = 200
/** What is looked at; the rest is not read. */
const MAX_READ = 2048
/** Messages of one place that are told apart. Beyond them its messages hold what is not recognised as a value, names of users for instance. */
const MAX_MESSAGES = 32
const MAX_PLACES = 1000
const OTHER_MESSAGES = 'other messages'
/** Stacks. When more fails, what has the type and message of an error that was seen is taken to be it: a database that is away fails everywhere alike. */
const MAX_READ_PER_SECOND = 100
/** Long tokens that hold a digit: UUIDs, hashes, keys of caches. */
const IDS = /\b(?=[\w-]{0,64}\d)[\w-]{8,}\b/g
const NUMBERS = /\d+(?:[.,:]\d+)*/g
const ADDRESSES = /[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,8}/g
const QUOTED = /(?<!\w)(["'`])((?:(?!\1).){0,200})\1(?!\w)/g
/** A column, a property, a file: what a program calls something. */
const NAME = /^[\w$@./:-]{2,64}$/
const NOT_JSON = ' is not valid JSON'

export function errorGroupOf(error: unknown): ErrorGroup {
  return groupAt(errorTypeOf(error), normalMessage(errorText(error)), error)
}

function groupAt(type: string, message: string, error: unknown): ErrorGroup {
  const [frame] = applicationFrames(errorStack(error) ?? '')
  return { fingerprint: fingerprintOf([type, message, placeOf(frame)]), type, message, frame }
}

/** Groups of a process, bounded: what errors are called may depend on what clients send. */
export class ErrorGroups {
  readonly #messages = new Map<string, Set<string>>()
  readonly #now: () => number
  /** The last group of each type and message. */
  readonly #recent = new Map<string, ErrorGroup>()
  #second = 0
  #readInSecond = 0

  constructor(nowMs: () => number = now) {
    this.#now = nowMs
  }

  of(error: unknown): ErrorGroup {
    const [type, message] = [errorTypeOf(error), normalMessage(errorText(error))]
    const key = `${type}\n${message}`
    const known = this.#isStorm() ? this.#recent.get(key) : undefined
    if (known) return known
    this.#readInSecond++
    const group = this.#bounded(groupAt(type, message, error))
    if (this.#recent.size >= MAX_PLACES) this.#recent.clear()
    this.#recent.set(key, group)
    return group
  }

  #bounded(group: ErrorGroup): ErrorGroup {
    const { type, message, frame } = group
    if (this.#isTold(`${type}\n${placeOf(frame)}`, message)) return group
    return { ...group, fingerprint: fingerprintOf([type, OTHER_MESSAGES, placeOf(frame)]), message: OTHER_MESSAGES }
  }

  /** Where stacks are translated by source maps, each costs up to a millisecond, and nobody else reads all of them. */
  #isStorm(): boolean {
    const second = Math.floor(this.#now() / 1000)
    if (second !== this.#second) this.#readInSecond = 0
    this.#second = second
    return this.#readInSecond >= MAX_READ_PER_SECOND
  }

  #isTold(place: string, message: string): boolean {
    const messages = this.#messages.get(place) ?? new Set()
    if (messages.has(message)) return true
    if (messages.size >= MAX_MESSAGES) return false
    if (messages.size === 0 && this.#messages.size < MAX_PLACES) this.#messages.set(place, messages)
    messages.add(message)
    return this.#messages.has(place)
  }
}

/** Of a request that was answered with a failure that nobody threw. */
export function answerGroupOf(type: string, answered: string): ErrorGroup {
  return { fingerprint: fingerprintOf([type, answered]), type, message: answered, frame: undefined }
}

export function normalMessage(text: string): string {
  const line = withoutJson(text.slice(0, MAX_READ)).trimStart().split('\n', 1)[0] ?? ''
  return redactText(line) // whole, since a value is known by what surrounds it
    .slice(0, MAX_MESSAGE)
    .replaceAll(QUOTED, (all: string, quote: string, value: string) => (NAME.test(value) ? all : `${quote}?${quote}`))
    .replaceAll(ADDRESSES, '?')
    .replaceAll(IDS, '?')
    .replaceAll(NUMBERS, '?')
}

/** V8 quotes what it could not parse: mostly what a client sent. */
function withoutJson(text: string): string {
  const [start, end] = [text.indexOf('"'), text.lastIndexOf(NOT_JSON)]
  if (end < 0 || start < 0 || start > end) return text
  return `${text.slice(0, start).replace(/token '.*', /s, "token '?', ")}"?"${text.slice(end)}`
}

/** The digest of statements ignores case and white space, which do no harm here. */
function fingerprintOf(parts: readonly string[]): string {
  return digestOf(parts.join('\n'))
}

function placeOf(frame: Frame | undefined): string {
  if (!frame) return ''
  const isNamed = frame.function !== '' && !frame.function.includes('<anonymous>')
  return `${frame.file} ${isNamed ? frame.function : frame.line}`
}
