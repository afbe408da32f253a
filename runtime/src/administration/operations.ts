/** Operations by name: `instance.http-1.reload`, `applications.shop.reload`. What carries them out is one table of the host. */
import { type OperationDeclaration, type ResourceKind } from '@spyglass/agent/contract'
import { kinds } from '@spyglass/mbeans/kinds'
import { type Node, spyglassSettings, formatName, parseName } from '@spyglass/process/settings'
import { fail } from './errors.ts'

export interface Invocation {
  /** Values of the kind's keys; of an application in the configuration only its name. */
  readonly keys: Readonly<Record<string, string>>
  readonly arguments: Readonly<Record<string, unknown>>
  readonly actor: string
}

/** Carries out `KIND.OPERATION`; resolves with the result. */
export type Executors = Readonly<Record<string, (invocation: Invocation) => Promise<unknown>>>

export interface NamedOperation {
  readonly kind: ResourceKind
  readonly operation: string
  readonly declared: OperationDeclaration
  readonly keys: Readonly<Record<string, string>>
}

/** @throws SPY_ADMIN_NAME_UNKNOWN, SPY_ADMIN_NO_OPERATION */
export function operationNamed(name: string): NamedOperation {
  const path = parseName(name)
  const operation = path.at(-1) ?? ''
  const resource = path.slice(0, -1)
  const { kind, keys } = resourceAt(resource)
  const declared = kind.operations !== undefined && Object.hasOwn(kind.operations, operation) ? kind.operations[operation] : undefined
  if (!declared)
    throw fail('SPY_ADMIN_NO_OPERATION', [formatName(resource), operation, Object.keys(kind.operations ?? {}).join(', ') || 'none'])
  return { kind, operation, declared, keys }
}

type Resource = Pick<NamedOperation, 'kind' | 'keys'>

/** @throws SPY_ADMIN_NAME_UNKNOWN */
function resourceAt([first = '', ...values]: readonly string[]): Resource {
  const found = configuredAt(first, values) ?? liveAt(first, values)
  if (found === undefined) throw fail('SPY_ADMIN_NAME_UNKNOWN', [formatName([first, ...values])])
  return found
}

/** A section of the configuration that has a kind, or an entry of a list. */
function configuredAt(first: string, values: readonly string[]): Resource | undefined {
  const settings: Readonly<Record<string, Node>> = spyglassSettings
  const node = Object.hasOwn(settings, first) ? settings[first] : undefined
  if (node?.type === 'section' && node.kind !== undefined && values.length === 0) return { kind: kinds[node.kind], keys: {} }
  if (node?.type !== 'list' || node.kind === undefined || values.length !== 1) return undefined
  return { kind: kinds[node.kind], keys: { [node.key[0] ?? 'name']: values[0] ?? '' } }
}

/** A resource by its kind and the values of its keys. */
function liveAt(first: string, values: readonly string[]): Resource | undefined {
  const named: Readonly<Record<string, ResourceKind>> = kinds
  const kind = Object.hasOwn(named, first) ? named[first] : undefined
  if (kind === undefined || kind.keys.length !== values.length) return undefined
  return { kind, keys: Object.fromEntries(kind.keys.map((key, i) => [key, values[i] ?? ''])) }
}

/** Arguments by their declared types. @throws SPY_ADMIN_ARGUMENT */
export function argumentsOf(
  { operation, declared }: NamedOperation,
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const expected = declared.arguments ?? {}
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(expected, name))
  if (unknown !== undefined)
    throw fail('SPY_ADMIN_ARGUMENT', [operation, `there is no argument ${unknown}; it takes ${Object.keys(expected).join(', ') || 'none'}`])
  const values = Object.entries(expected).flatMap(([name, { type, optional }]): [string, unknown][] => {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    if (value === undefined && optional) return []
    if (value === undefined) throw fail('SPY_ADMIN_ARGUMENT', [operation, `${name} is missing`])
    const converted = converters[typeof type === 'string' ? type : 'other']?.(value)
    if (converted === undefined)
      throw fail('SPY_ADMIN_ARGUMENT', [operation, `${name} is not of type ${typeof type === 'string' ? type : 'JSON'}`])
    return [[name, converted]]
  })
  return Object.fromEntries(values)
}

const wholeNumber = (value: unknown): unknown =>
  Number.isSafeInteger(value) ? value : typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : undefined
const text = (value: unknown): unknown => (typeof value === 'string' ? value : undefined)

const converters: Readonly<Record<string, (value: unknown) => unknown>> = {
  int: wholeNumber,
  long: wholeNumber,
  date: wholeNumber,
  double: (value) =>
    typeof value === 'number'
      ? value
      : typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))
        ? Number(value)
        : undefined,
  boolean: (value) => (typeof value === 'boolean' ? value : { true: true, false: false }[String(value)]),
  string: text,
  objectName: text,
  other: (value) => {
    if (typeof value !== 'string') return value
    try {
      return JSON.parse(value) as unknown
    } catch {
      return value.split(',')
    }
  },
}

/**
 * Arguments as the history keeps them: no secrets, and of an archive that was uploaded its name instead of our path. A name that the caller gave to a
 * file of the machine does not hide which file it was.
 */
export function shownArguments(
  { declared }: NamedOperation,
  values: Readonly<Record<string, unknown>>,
  isUploaded: (file: string) => boolean,
): Readonly<Record<string, unknown>> {
  const shown = (name: string, value: unknown): unknown => {
    const { secret, archiveNamedBy = '' } = declared.arguments?.[name] ?? {}
    if (secret) return '(secret)'
    return isUploaded(String(value)) ? (values[archiveNamedBy] ?? value) : value
  }
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, shown(name, value)]))
}

export type Outcome = { readonly result: unknown } | { readonly error: unknown }

/** The outcome as the history keeps it. */
export function shownOutcome({ declared }: NamedOperation, outcome: Outcome): Outcome {
  return 'result' in outcome && declared.secretResult ? { result: '(secret)' } : outcome
}
