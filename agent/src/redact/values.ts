/** Structured values: secrets by the names of their fields, and what free text shows, at any depth. */
import { redactText } from './free-text.ts'
import { REDACTED, secrecyOf } from './secret-names.ts'

const MAX_DEPTH = 32

/** Whether a field's value must not be shown. */
export function isSecretField(name: string, value: unknown): boolean {
  const secrecy = secrecyOf(name)
  if (secrecy === 'open') return false
  if (value === null || value === undefined || value === '') return false
  return secrecy === 'secret' || (typeof value !== 'number' && typeof value !== 'boolean' && typeof value !== 'bigint')
}

/** A copy of a JSON-like value without its secrets; the same value when there is none. */
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
  const redacted = items.map((item) => redactValue(item, depth + 1))
  return redacted.some((item, i) => item !== items[i]) ? redacted : items
}

function redactObject(fields: Readonly<Record<string, unknown>>, depth: number): Readonly<Record<string, unknown>> {
  let isChanged = false
  const redacted = Object.entries(fields).map(([name, value]): [string, unknown] => {
    const safe = isSecretField(name, value) ? REDACTED : redactValue(value, depth + 1)
    isChanged ||= safe !== value
    return [name, safe]
  })
  return isChanged ? Object.fromEntries(redacted) : fields
}
