import { errorsOf } from '@spyglass/agent/contract'

/** Errors of caches. What a request can do nothing about has the status and the headers that frameworks answer with. */
export const cacheErrors = {
  SPY_CACHE_UNKNOWN: 'there is no cache %s here; there are: %s',
  SPY_CACHES_CLOSED: 'cache %s is closed: the application has stopped',
  SPY_CACHE_OPERATION: 'cache %s has no operation %s',
  SPY_CACHE_PURGE_WHAT: 'cache %s: name what to purge: one of key, tag and all=true',
  SPY_CACHE_SETTING: 'cache %s: %s is %s, and must be %s',
  SPY_CACHE_KEY: 'cache %s: a key or tag must be a text of 1 to %d bytes, and this is %s. Hash what is longer.',
  SPY_CACHE_TAGS: 'cache %s: an entry may have at most %d tags, and %s has %d',
  SPY_CACHE_VALUE: 'cache %s: the value of %s cannot be stored: %s. Give plain data: what structuredClone copies.',
  SPY_CACHE_TOO_LARGE: 'cache %s: the value of %s takes %d bytes, and maxEntryBytes is %d',
  SPY_CACHE_LOAD_LATE: 'cache %s: the load of %s took longer than %d ms; try again later',
  SPY_CACHE_REFRESHED: 'cache %s: refreshEvery has %d keys already; it is for a few values that all requests read',
  SPY_CACHE_PACKAGE: 'cache %s: store redis needs the package ioredis in %s: %s',
  SPY_CACHE_STORE: 'cache %s: its store failed: %s',
  SPY_CACHE_PURGE_URL: 'cache %s: %s did not take a purge: %s',
} as const

const errorOf = errorsOf(cacheErrors)

const UNAVAILABLE: ReadonlySet<string> = new Set(['SPY_CACHE_LOAD_LATE', 'SPY_CACHE_STORE', 'SPY_CACHES_CLOSED'])

export const fail = (code: keyof typeof cacheErrors, args: readonly unknown[], cause?: unknown): Error => {
  const error = errorOf(code, args, cause)
  return UNAVAILABLE.has(code) ? Object.assign(error, { statusCode: 503, headers: { 'retry-after': '2' } }) : error
}
