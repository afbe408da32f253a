/** Reads one rule, and names every mistake in it at once. */
import { type EventDeclaration, events, type ResourceKind } from '@spyglass/agent/contract'
import { kinds } from '@spyglass/mbeans/kinds'
import { parse } from 'yaml'
import { durationOf, inUnit } from './quantity.ts'
import {
  type Bound,
  type BurnWindow,
  type Condition,
  isOfService,
  type Rule,
  serviceColumns,
  type Take,
  takes,
  type Value,
  valueText,
} from './rule.ts'

export interface ParsedRule {
  /** Undefined when there are mistakes. */
  readonly rule?: Rule
  readonly mistakes: readonly string[]
}

const MEMBERS = ['name', 'severity', 'for', 'when', 'text', 'help', 'runbook'] as const
const SHAPES = {
  threshold: ['value', 'take', 'over', 'above', 'below', 'atLeast'],
  state: ['value', 'is'],
  ratio: ['of', 'to', 'over', 'above', 'below', 'atLeast'],
  missing: ['value', 'for', 'within'],
  event: ['raise'],
  forecast: ['value', 'to', 'over', 'within', 'from'],
  burn: ['of', 'to', 'objective', 'windows', 'atLeast'],
  change: ['value', 'over', 'against', 'times', 'above', 'atLeast'],
} as const
type Shape = keyof typeof SHAPES

/** `text` is YAML. */
export function parseRule(text: string): ParsedRule {
  const reader = new RuleReader()
  const rule = reader.read(text)
  return reader.mistakes.length === 0 && rule ? { rule, mistakes: [] } : { mistakes: reader.mistakes }
}

type Given = Readonly<Record<string, unknown>>

class RuleReader {
  readonly mistakes: string[] = []

  read(text: string): Rule | undefined {
    const given = this.#yaml(text)
    if (!given) return undefined
    this.#onlyMembers(given, MEMBERS, 'a rule')
    const name = this.#name(given)
    const when = this.#condition(given['when'])
    const rule = {
      name,
      severity: this.#oneOf(given, 'severity', ['info', 'warning', 'critical'] as const),
      forMs: given['for'] === undefined ? 0 : this.#duration(given, 'for'),
      text: this.#text(given, 'text'),
      help: this.#text(given, 'help'),
      runbook: given['runbook'] === undefined ? runbookOf(name) : this.#text(given, 'runbook'),
    }
    return when && { ...rule, when }
  }

  #yaml(text: string): Given | undefined {
    try {
      const given: unknown = parse(text, { logLevel: 'error' }) // a warning would go to the console
      if (isRecord(given)) return given
      this.mistakes.push('it is not a YAML map')
    } catch (error) {
      this.mistakes.push(`it is not YAML: ${error instanceof Error ? error.message.split('\n')[0] : ''}`)
    }
    return undefined
  }

  #name(given: Given): string {
    const name = this.#text(given, 'name')
    if (name !== '' && !/^[A-Z][A-Za-z0-9]{2,63}$/.test(name)) this.mistakes.push(`name: ${name} is not of the form PoolExhausted`)
    return name
  }

  #condition(given: unknown): Condition | undefined {
    const shapes = isRecord(given) ? Object.keys(given) : []
    const [shape] = shapes
    if (!isRecord(given) || shapes.length !== 1 || shape === undefined || !Object.hasOwn(SHAPES, shape)) {
      this.mistakes.push(`when: exactly one of ${Object.keys(SHAPES).join(', ')}`)
      return undefined
    }
    const content = given[shape]
    if (!isRecord(content)) {
      this.mistakes.push(`when.${shape}: it is not a map`)
      return undefined
    }
    this.#onlyMembers(content, SHAPES[shape as Shape], `when.${shape}`)
    return this.#shapes[shape as Shape](content)
  }

  readonly #shapes: Readonly<Record<Shape, (given: Given) => Condition | undefined>> = {
    threshold: (given) => {
      const value = this.#value(given, 'value')
      if (!value) return undefined
      const take = given['take'] === undefined ? 'last' : this.#oneOf(given, 'take', takes)
      this.#fits(value, take)
      const unit = take === 'rate' ? rateUnit(unitOf(value)) : unitOf(value)
      return {
        shape: 'threshold',
        value,
        take,
        overMs: this.#window(given, value, take),
        bound: this.#bound(given, unit),
        ...this.#atLeast(given),
      }
    },
    state: (given) => {
      const value = this.#value(given, 'value')
      const is = Array.isArray(given['is']) ? given['is'].map(String) : []
      const known = value && attributeOf(value)?.values
      if (value && (is.length === 0 || !is.every((state) => known?.includes(state))))
        this.mistakes.push(`when.state.is: a list of states of ${valueText(value)}: ${known?.join(', ') ?? 'it has none'}`)
      return value && { shape: 'state', value, is }
    },
    ratio: (given) => {
      const [value, to] = [this.#value(given, 'of'), this.#value(given, 'to')]
      if (!value || !to) return undefined
      if (value.of !== to.of) this.mistakes.push('when.ratio: both numbers are of the same kind')
      const counter = [value, to].find((one) => attributeOf(one)?.role === 'counter')
      if (counter)
        this.mistakes.push(`when.ratio: ${valueText(counter)} is a counter: a ratio is of gauges, or of the requests of a service`)
      return {
        shape: 'ratio',
        value,
        to,
        overMs: this.#window(given, value, 'last'),
        bound: this.#bound(given, '1'),
        ...this.#atLeast(given),
      }
    },
    missing: (given) => {
      const value = this.#value(given, 'value')
      if (value && valueText(value) !== 'service.reports') this.mistakes.push('when.missing.value: only service.reports can be missing')
      return value && { shape: 'missing', value, silentMs: this.#duration(given, 'for'), withinMs: this.#duration(given, 'within') }
    },
    event: (given) => {
      const raise = this.#text(given, 'raise')
      const declared = Object.hasOwn(events, raise) ? (events as Readonly<Record<string, EventDeclaration>>)[raise] : undefined
      if (declared?.phase !== 'raise') this.mistakes.push(`when.event.raise: ${raise} is no event that begins an incident`)
      return { shape: 'event', raise: raise as keyof typeof events }
    },
    forecast: (given) => {
      const [value, to] = [this.#value(given, 'value'), this.#value(given, 'to')]
      if (!value || !to) return undefined
      const isOfGauges = [value, to].every((one) => !isOfService(one) && attributeOf(one)?.role === 'gauge')
      if (value.of !== to.of || !isOfGauges) this.mistakes.push('when.forecast: both numbers are gauges of the same kind')
      const times = { overMs: this.#duration(given, 'over'), withinMs: this.#duration(given, 'within') }
      return { shape: 'forecast', value, to, ...times, from: this.#share(given, 'from') }
    },
    burn: (given) => {
      const [value, to] = [this.#value(given, 'of'), this.#value(given, 'to')]
      if (!value || !to) return undefined
      const isOfRequests = [value, to].every((one) => isOfService(one) && serviceColumns[one.attribute as 'requests'] === '{request}')
      if (!isOfRequests) this.mistakes.push('when.burn: both numbers are requests of a service')
      const objective = this.#share(given, 'objective')
      if (objective >= 1) this.mistakes.push('objective: less than 100 %, since the rest is what may fail')
      return { shape: 'burn', value, to, objective, windows: this.#windows(given), ...this.#atLeast(given) }
    },
    change: (given) => {
      const value = this.#value(given, 'value')
      if (!value) return undefined
      if (!isOfService(value)) this.mistakes.push('when.change: the number is one of a service')
      const { times } = given
      if (typeof times !== 'number' || times <= 1) this.mistakes.push('times: a number above 1')
      return {
        shape: 'change',
        value,
        overMs: this.#duration(given, 'over'),
        againstMs: this.#duration(given, 'against'),
        times: Number(times),
        bound: { above: this.#number(given, 'above', unitOf(value)) },
        ...this.#atLeast(given),
      }
    },
  }

  #value(given: Given, member: string): Value | undefined {
    const [of = '', attribute = '', ...rest] = this.#text(given, member).split('.')
    const value = { of, attribute }
    const isKnown = rest.length === 0 && (isOfService(value) ? Object.hasOwn(serviceColumns, attribute) : attributeOf(value) !== undefined)
    if (isKnown) return value
    this.mistakes.push(`${member}: there is no number ${[of, attribute, ...rest].join('.')}: it is KIND.ATTRIBUTE, or service.COLUMN`)
    return undefined
  }

  #fits(value: Value, take: Take): void {
    const role = attributeOf(value)?.role
    const isOfCounter = take === 'increase' || take === 'rate'
    if (isOfCounter && role !== 'counter') this.mistakes.push(`take: ${take} is for counters, and ${valueText(value)} is none`)
    if (!isOfCounter && role === 'counter') this.mistakes.push(`take: ${valueText(value)} is a counter: increase or rate`)
  }

  /** Of a number that is looked at as it is there is none. */
  #window(given: Given, value: Value, take: Take): number {
    if (given['over'] !== undefined) return this.#duration(given, 'over')
    if (isOfService(value) || take !== 'last') this.mistakes.push(`over: the window of ${valueText(value)} is missing`)
    return 0
  }

  #bound(given: Given, unit: string): Bound {
    const side = given['above'] === undefined ? 'below' : 'above'
    if ((given['above'] === undefined) === (given['below'] === undefined)) this.mistakes.push('either above or below')
    const number = given[side] === undefined ? 0 : this.#number(given, side, unit)
    return side === 'above' ? { above: number } : { below: number }
  }

  #number(given: Given, member: string, unit: string): number {
    const written = given[member]
    const number = typeof written === 'string' || typeof written === 'number' ? inUnit(written, unit) : undefined
    if (number === undefined)
      this.mistakes.push(
        `${member}: ${JSON.stringify(written) ?? 'it'} is no number with a unit of ${unit === '1' ? 'a share (5 %)' : unit}`,
      )
    return number ?? 0
  }

  #share(given: Given, member: string): number {
    return this.#number(given, member, '1')
  }

  #windows(given: Given): readonly BurnWindow[] {
    const { windows } = given
    if (Array.isArray(windows) && windows.length > 0 && windows.every(isRecord)) return windows.map((window) => this.#burnWindow(window))
    this.mistakes.push('windows: a list of { long, short, factor }')
    return []
  }

  #burnWindow(given: Given): BurnWindow {
    this.#onlyMembers(given, ['long', 'short', 'factor'], 'a window')
    const [longMs, shortMs] = [this.#duration(given, 'long'), this.#duration(given, 'short')]
    const { factor } = given
    if (longMs <= shortMs) this.mistakes.push('windows: long is longer than short')
    if (typeof factor !== 'number' || factor <= 0) this.mistakes.push('factor: a number above 0')
    return { longMs, shortMs, factor: Number(factor) }
  }

  #atLeast(given: Given): { readonly atLeast: number } {
    const { atLeast = 0 } = given
    if (typeof atLeast === 'number' && atLeast >= 0) return { atLeast }
    this.mistakes.push('atLeast: a number from 0')
    return { atLeast: 0 }
  }

  #duration(given: Given, member: string): number {
    const written = given[member]
    const ms = typeof written === 'string' ? durationOf(written) : undefined
    if (ms === undefined) this.mistakes.push(`${member}: a time such as 90s, 5m or 1h`)
    return ms ?? 0
  }

  #text(given: Given, member: string): string {
    const text = given[member]
    if (typeof text === 'string' && text.trim() !== '') return text.trim()
    this.mistakes.push(`${member} is missing`)
    return ''
  }

  #oneOf<T extends string>(given: Given, member: string, allowed: readonly T[]): T {
    const found = allowed.find((one) => one === given[member])
    if (found === undefined) this.mistakes.push(`${member}: ${allowed.join(', ')}`)
    return found ?? allowed[0]!
  }

  #onlyMembers(given: Given, members: readonly string[], where: string): void {
    for (const member of Object.keys(given))
      if (!members.includes(member)) this.mistakes.push(`${where} has no ${member}; it has ${members.join(', ')}`)
  }
}

/** `EventLoopBlocked` has docs/runbooks/event-loop-blocked.md, which comes with the version: the link works without the network. */
export const runbookOf = (name: string): string => `docs/runbooks/${fileNameOf(name)}.md`

/** `EventLoopBlocked` → `event-loop-blocked` */
export const fileNameOf = (name: string): string => name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase()

/** The declaration of a value of a kind. */
export function attributeOf({ of, attribute }: Value): ResourceKind['attributes'][string] | undefined {
  const kind = kindOf(of)
  return kind && Object.hasOwn(kind.attributes, attribute) ? kind.attributes[attribute] : undefined
}

export function kindOf(name: string): ResourceKind | undefined {
  const all: Readonly<Record<string, ResourceKind>> = kinds
  return Object.hasOwn(all, name) ? all[name] : undefined
}

export function unitOf(value: Value): string {
  if (isOfService(value)) return serviceColumns[value.attribute as keyof typeof serviceColumns]
  return attributeOf(value)?.unit ?? ''
}

/** Seconds in a second are a share. */
const rateUnit = (unit: string): string => (unit === 's' ? '1' : unit)

const isRecord = (value: unknown): value is Given => typeof value === 'object' && value !== null && !Array.isArray(value)
