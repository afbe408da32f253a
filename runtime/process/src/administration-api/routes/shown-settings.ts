/** Settings as the API shows them: their values as a tree, and where each comes from. */
import type { SettingValue } from '../../admin-socket/index.ts'
import { formatName, parseName } from '../../settings/index.ts'
import { arrayOf, type JsonSchema, leavesOf, objectOf, ref, text } from '../json-schema.ts'
import type { Place } from './places.ts'

export const shownGroup = (schema: string): JsonSchema =>
  objectOf({ name: text, values: ref(schema), settings: arrayOf(ref('SettingValue')) })

interface ShownGroup {
  readonly name: string
  /** As they may be sent back in a change: secrets are not among them. */
  readonly values: Readonly<Record<string, unknown>>
  readonly settings: readonly SettingValue[]
}

export function shownValues(parts: readonly string[], settings: readonly SettingValue[]): ShownGroup {
  const values: Record<string, unknown> = {}
  for (const { name, value, secret } of settings) if (!secret) put(values, parseName(name).slice(parts.length), value ?? null)
  return { name: formatName(parts), values, settings }
}

function put(tree: Record<string, unknown>, [first = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) tree[first] = value
  else put((tree[first] ??= {}) as Record<string, unknown>, rest, value)
}

/** Skips the values of nested lists, which belong to one entry. */
export function shownEntries({ group }: Place, parts: readonly string[], settings: readonly SettingValue[]): readonly ShownGroup[] {
  const own = new Set(leavesOf(group.settings).map(({ path }) => formatName(path)))
  const direct = settings.filter(({ name }) => own.has(formatName(parseName(name).slice(parts.length + 1))))
  const entries = Map.groupBy(direct, ({ name }) => parseName(name)[parts.length] ?? '')
  return [...entries].map(([entry, values]) => shownValues([...parts, entry], values))
}
