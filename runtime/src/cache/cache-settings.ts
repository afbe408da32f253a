/** Settings of a cache that an application makes by using it. */
import type { CacheConfig } from '@spyglass/process/checked-config'
import { resourceSettings, type Settings } from '@spyglass/process/settings'
import { fail } from './errors.ts'

/** As in the configuration; the default of each is that of the configuration. */
export type CacheSettings = Partial<Omit<CacheConfig, 'name'>>

const { settings } = resourceSettings.caches
const declared: Settings = settings

/** @throws SPY_CACHE_SETTING */
export function checkedSettings(name: string, given: CacheSettings): CacheConfig {
  const all = { ...defaults(), ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)), name }
  for (const [setting, value] of Object.entries(all)) {
    const allowed = allowedOf(setting, value)
    if (allowed !== undefined) throw fail('SPY_CACHE_SETTING', [name, setting, shown(value), allowed])
  }
  if (given.store === 'redis' && given.url === undefined) throw fail('SPY_CACHE_SETTING', [name, 'url', 'missing', 'set with store redis'])
  return all as CacheConfig
}

const defaults = (): Record<string, unknown> =>
  Object.fromEntries(Object.entries(declared).flatMap(([name, node]) => ('default' in node ? [[name, node.default]] : [])))

const shown = (value: unknown): string => (typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : String(value))

/** What it must be; undefined: it is. */
function allowedOf(setting: string, value: unknown): string | undefined {
  const node = declared[setting]
  if (!node) return 'one of the settings of caches'
  if (value === undefined && !('required' in node)) return undefined
  if (node.type === 'int') return allowedNumber(node, value)
  if (node.type === 'choice') return node.values.includes(value as string) ? undefined : `one of ${node.values.join(', ')}`
  if (node.type === 'text') return allowedText(node, value)
  return /^https?:$/.test(URL.parse(String(value))?.protocol ?? '') ? undefined : 'a URL of http or https'
}

type Declared<T extends Settings[string]['type']> = Extract<Settings[string], { readonly type: T }>

function allowedNumber({ min, max = Number.MAX_SAFE_INTEGER }: Declared<'int'>, value: unknown): string | undefined {
  const isAllowed = Number.isInteger(value) && (value as number) >= min && (value as number) <= max
  return isAllowed ? undefined : `a whole number from ${min} to ${max}`
}

function allowedText({ checks = [] }: Declared<'text'>, value: unknown): string | undefined {
  if (typeof value !== 'string') return 'a text'
  return checks.find(({ is }) => !(is instanceof RegExp ? is.test(value) : is(value)))?.allowed
}
