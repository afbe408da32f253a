/** Redacts structured values at any depth: by field names, and by the usual forms in texts. */
import { redactText } from './free-text.ts'
import { isSecretName, REDACTED, secrecyOf } from './secret-names.ts'

const MAX_DEPTH = 32

/** Whether a field's value must not be shown. */
export function isSecretField(name: string, value: unknown): boolean {
  const secrecy = secrecyOf(name)
  if (secrecy === 'open') return false
  if (value === null || value === undefined || value === '') return false
  return secrecy === 'secret' || (typeof value !== 'number' && typeof value !== 'boolean' && typeof value !== 'bigint')
}

/** A copy of a JSON-like value without its secrets; the same value if there are none. */
export function redactValue<T>(value: T, depth = 0): T {
  if (typeof value === 'string') return redactText(value) as T
  if (typeof value !== 'object' || value === null) return value
  if (depth >= MAX_DEPTH) return REDACTED as T
  if (Array.isArray(value)) return redactArray(value, depth) as T
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return value
  return redactObject(value as Readonly<Record<string, unknown>>, depth) as T
}

function redactArray(items: readonly unknown[], depth: number): readonly unknown[] {
  const redacted = items.map((item) => (isSecretPair(item) ? [item[0], REDACTED] : redactValue(item, depth + 1)))
  return redacted.some((item, i) => item !== items[i]) ? redacted : items
}

/** `['X-Api-Key', '…']`, as lists of headers, entries of a Map and parameters have them. */
function isSecretPair(item: unknown): item is readonly [string, string] {
  if (!Array.isArray(item) || item.length !== 2) return false
  const [name, value] = item as readonly unknown[]
  return typeof name === 'string' && typeof value === 'string' && value !== REDACTED && isSecretField(name, value)
}

/** Names of lists in which names and values alternate, as Node's `rawHeaders` and undici's `headers`. */
const RAW_LIST = /(?:^|[._-]|raw)(?:headers|trailers)$/i

/** Whether a field of this name holds names and values in turn. */
export function isRawList(name: string): boolean {
  return RAW_LIST.test(name)
}

/** The list without the values of secret names; the same list when there are none. */
export function redactRawList<T>(items: readonly T[]): readonly (T | string)[] {
  const isSecret = (i: number): boolean => i % 2 === 1 && typeof items[i - 1] === 'string' && isSecretName(items[i - 1] as string)
  const redacted = items.map((item, i) => (isSecret(i) ? REDACTED : redactValue(item)))
  return redacted.some((item, i) => item !== items[i]) ? redacted : items
}

function redactObject(fields: Readonly<Record<string, unknown>>, depth: number): Readonly<Record<string, unknown>> {
  let isChanged = false
  const redacted = Object.entries(fields).map(([name, value]): [string, unknown] => {
    const safe = isSecretField(name, value) ? REDACTED : redactField(name, value, depth)
    isChanged ||= safe !== value
    return [name, safe]
  })
  return isChanged ? Object.fromEntries(redacted) : fields
}

/** The value of a field whose name is no secret: the name says whether a list holds names and values in turn. */
export function redactField(name: string, value: unknown, depth = 0): unknown {
  const isInTurn = isRawList(name) && Array.isArray(value) && !value.some((item) => typeof item === 'object')
  return isInTurn ? redactRawList(value as readonly unknown[]) : redactValue(value, depth + 1)
}
