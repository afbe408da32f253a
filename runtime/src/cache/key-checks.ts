/** Keys and tags are bounded, whatever a client sends. */
import { fail } from './errors.ts'

export const MAX_KEY_BYTES = 1024
export const MAX_TAGS = 32

/** @throws SPY_CACHE_KEY */
export function checkedKey(cache: string, key: unknown): string {
  const wrong = mistakeIn(key)
  if (wrong !== undefined) throw fail('SPY_CACHE_KEY', [cache, MAX_KEY_BYTES, wrong])
  return key as string
}

/** @throws SPY_CACHE_KEY, SPY_CACHE_TAGS */
export function checkedTags(cache: string, key: string, tags: readonly string[]): readonly string[] {
  const distinct = new Set(tags.map((tag) => checkedKey(cache, tag)))
  if (distinct.size > MAX_TAGS) throw fail('SPY_CACHE_TAGS', [cache, MAX_TAGS, key, distinct.size])
  return [...distinct]
}

function mistakeIn(key: unknown): string | undefined {
  if (typeof key !== 'string') return `of type ${typeof key}`
  if (key === '') return 'empty'
  const isLong = key.length > MAX_KEY_BYTES || (key.length * 3 > MAX_KEY_BYTES && Buffer.byteLength(key) > MAX_KEY_BYTES)
  return isLong ? `of ${Buffer.byteLength(key)} bytes: ${key.slice(0, 32)}…` : undefined
}
