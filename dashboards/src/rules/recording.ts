/**
 * An incident as it was recorded, or one that must be none: what resources showed and services did, second by second, and when the rule
 * fires. One file per rule, beside it in the folder `recorded`; every engine is given the same.
 */
import { type EventDeclaration, type EventName, events, objectNameOf, type ResourceKeys, type ResourceKind } from '@spyglass/agent/contract'
import { parse } from 'yaml'
import { kindOf } from './parse-rule.ts'
import { durationOf, inUnit } from './quantity.ts'

/** The value of an attribute from a time on. */
export interface Step {
  readonly atMs: number
  /** Undefined: it is not known, or the resource is gone. */
  readonly value: string | number | undefined
  /** Reached in a straight line from the step before. */
  readonly isLinear: boolean
}

export interface RecordedResource {
  readonly kind: ResourceKind
  readonly keys: ResourceKeys
  readonly attributes: Readonly<Record<string, readonly Step[]>>
}

/** Requests of a route from a time on. */
export interface Phase {
  readonly atMs: number
  /** In a minute, by how long each takes. */
  readonly requests: readonly { readonly seconds: number; readonly perMinute: number }[]
  readonly errorsPerMinute: number
}

export interface RecordedRoute {
  readonly service: string
  readonly route: string
  readonly phases: readonly Phase[]
}

export interface RecordedEvent {
  readonly atMs: number
  readonly name: EventName
  /** ObjectName. */
  readonly resource: string
}

export interface Recording {
  /** What happens, in a sentence. */
  readonly it: string
  readonly lastsMs: number
  /** From here on the rule is judged; before it is what the windows look back at. */
  readonly fromMs: number
  readonly resources: readonly RecordedResource[]
  readonly routes: readonly RecordedRoute[]
  readonly events: readonly RecordedEvent[]
  /** When the rule fires; never when it is empty. */
  readonly fires: readonly { readonly fromMs: number; readonly toMs: number }[]
}

export interface ParsedRecordings {
  readonly recordings: readonly Recording[]
  readonly mistakes: readonly string[]
}

/** `text` is a YAML list. */
export function parseRecordings(text: string): ParsedRecordings {
  const mistakes: string[] = []
  const given = yamlOf(text, mistakes)
  const recordings = given.map((one, at) => new RecordingReader(`${at + 1}`, mistakes).read(one))
  return { recordings: mistakes.length === 0 ? recordings : [], mistakes }
}

/** The value of an attribute at a time. */
export function valueAt(steps: readonly Step[], atMs: number): string | number | undefined {
  const next = steps.findIndex((step) => step.atMs > atMs)
  const before = steps[next < 0 ? steps.length - 1 : next - 1]
  const after = next < 0 ? undefined : steps[next]
  if (!after?.isLinear || typeof before?.value !== 'number' || typeof after.value !== 'number') return before?.value
  return before.value + ((after.value - before.value) * (atMs - before.atMs)) / (after.atMs - before.atMs)
}

type Given = Readonly<Record<string, unknown>>

function yamlOf(text: string, mistakes: string[]): readonly Given[] {
  try {
    const given: unknown = parse(text, { logLevel: 'error' })
    if (Array.isArray(given) && given.length > 0 && given.every(isRecord)) return given
    mistakes.push('it is not a YAML list of recordings')
  } catch (error) {
    mistakes.push(`it is not YAML: ${error instanceof Error ? error.message.split('\n')[0] : ''}`)
  }
  return []
}

const MEMBERS = new Set(['it', 'lasts', 'from', 'resources', 'services', 'events', 'fires'])

class RecordingReader {
  readonly #where: string
  readonly #mistakes: string[]

  constructor(where: string, mistakes: string[]) {
    this.#where = where
    this.#mistakes = mistakes
  }

  read(given: Given): Recording {
    for (const member of Object.keys(given)) if (!MEMBERS.has(member)) this.#wrong(`it has ${[...MEMBERS].join(', ')}, and no ${member}`)
    const { it } = given
    if (typeof it !== 'string' || it === '') this.#wrong('it says what happens (it)')
    const fires = given['fires'] === undefined ? [] : [given['fires']].flat()
    return {
      it: String(it),
      lastsMs: this.#time(given['lasts'], 'lasts'),
      fromMs: given['from'] === undefined ? 0 : this.#time(given['from'], 'from'),
      resources: entriesOf(given['resources']).flatMap(([name, values]) => this.#resource(name, values)),
      routes: entriesOf(given['services']).map(([name, phases]) => this.#route(name, phases)),
      events: entriesOf(given['events']).flatMap(([at, event]) => this.#event(at, event)),
      fires: fires.map((one) => this.#span(one)),
    }
  }

  #wrong(what: string): void {
    this.#mistakes.push(`recording ${this.#where}: ${what}`)
  }

  /** `eventLoop process=shop-1` */
  #resource(name: string, given: unknown): RecordedResource | [] {
    const known = this.#subject(name)
    if (!known) return []
    const attributes = entriesOf(given).map(([attribute, steps]) => [attribute, this.#steps(known.kind, attribute, steps)] as const)
    return { ...known, attributes: Object.fromEntries(attributes) }
  }

  #subject(name: string): Pick<RecordedResource, 'kind' | 'keys'> | undefined {
    const [kindName = '', ...words] = name.split(' ')
    const kind = kindOf(kindName)
    const keys = Object.fromEntries(words.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]))
    if (kind && kind.keys.every((key) => Object.hasOwn(keys, key)) && words.length === kind.keys.length) return { kind, keys }
    this.#wrong(`${name}: ${kind ? `${kindName} has the keys ${kind.keys.join(', ')}` : `there is no kind ${kindName}`}`)
    return undefined
  }

  /** One value, or values by the times from which they hold: `{ 0s: 20 ms, 2m: 700 ms }`; `..5m` is reached in a straight line. */
  #steps(kind: ResourceKind, attribute: string, given: unknown): readonly Step[] {
    if (!Object.hasOwn(kind.attributes, attribute)) this.#wrong(`${kind.name} has no ${attribute}`)
    const written = isRecord(given) ? Object.entries(given) : [['0s', given] as const]
    const steps = written.map(([at, value]) => ({
      atMs: this.#time(at.replace(/^\.\./, ''), attribute),
      value: this.#value(kind, attribute, value),
      isLinear: at.startsWith('..'),
    }))
    return this.#inOrder(steps, attribute)
  }

  #value(kind: ResourceKind, attribute: string, written: unknown): string | number | undefined {
    if (written === 'gone') return undefined
    const declared = kind.attributes[attribute]
    if (declared?.role !== 'gauge' && declared?.role !== 'counter') return String(written)
    const number = typeof written === 'string' || typeof written === 'number' ? inUnit(written, declared.unit ?? '') : undefined
    if (number === undefined) this.#wrong(`${attribute}: ${JSON.stringify(written)} is no number with a unit of ${declared.unit ?? '1'}`)
    return number
  }

  /** `shop GET /cart` */
  #route(name: string, given: unknown): RecordedRoute {
    const [service = '', ...route] = name.split(' ')
    const phases = entriesOf(given).map(([at, phase]) => this.#phase(at, phase))
    return { service, route: route.join(' ') || 'GET /', phases: this.#inOrder(phases, name) }
  }

  #phase(at: string, given: unknown): Phase {
    const { requests, errors = 0, ...others } = isRecord(given) ? given : {}
    if (typeof errors !== 'number' || !isRecord(requests) || Object.keys(others).length > 0)
      this.#wrong(`services: at ${at} there are requests, in a minute by how long they take, and errors`)
    const byDuration = entriesOf(requests).map(([time, count]) => ({
      seconds: this.#time(time, 'requests') / 1000,
      perMinute: Number(count),
    }))
    return { atMs: this.#time(at, 'services'), requests: byDuration, errorsPerMinute: Number(errors) }
  }

  /** `spyglass.pool.exhausted datasource instance=shop-1 name=orders` */
  #event(at: string, given: unknown): RecordedEvent | [] {
    const [name = '', ...subject] = String(given).split(' ')
    const known = this.#subject(subject.join(' '))
    const declared = Object.hasOwn(events, name) ? (events as Readonly<Record<string, EventDeclaration>>)[name] : undefined
    if (!declared) this.#wrong(`events: there is no event ${name}`)
    return known ? { atMs: this.#time(at, 'events'), name: name as EventName, resource: objectNameOf(known.kind, known.keys) } : []
  }

  /** `3m..7m`; without an end it fires until the recording ends. */
  #span(given: unknown): Recording['fires'][number] {
    const [from = '', to = ''] = String(given).split('..')
    return { fromMs: this.#time(from, 'fires'), toMs: to === '' ? Infinity : this.#time(to, 'fires') }
  }

  #time(given: unknown, member: string): number {
    const text = String(given)
    const ms = durationOf(text.replace(/^-/, ''))
    if (ms === undefined) this.#wrong(`${member}: ${text} is no time such as 90s, 5m or 1h`)
    return text.startsWith('-') ? -(ms ?? 0) : (ms ?? 0)
  }

  #inOrder<T extends { readonly atMs: number }>(steps: readonly T[], what: string): readonly T[] {
    if (steps.some((step, at) => step.atMs <= (steps[at - 1]?.atMs ?? -Infinity))) this.#wrong(`${what}: its times are in order`)
    return steps
  }
}

const entriesOf = (given: unknown): readonly (readonly [string, unknown])[] => (isRecord(given) ? Object.entries(given) : [])

const isRecord = (value: unknown): value is Given => typeof value === 'object' && value !== null && !Array.isArray(value)
