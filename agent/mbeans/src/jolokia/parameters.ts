/** Processing parameters: how values are selected and written. The URL query sets them for all requests, `config` for one. */
import { fail } from './errors.ts'

export interface Parameters {
  readonly maxDepth: number
  readonly maxCollectionSize: number
  readonly maxObjects: number
  readonly serializeLong: boolean
  readonly ignoreErrors: boolean
  readonly canonicalNaming: boolean
  readonly includeRequest: boolean
  readonly listCache: boolean
  readonly listKeys: boolean
  readonly listInterfaces: boolean
  readonly openTypes: boolean
  /** Seconds since the epoch; 0 when not given. */
  readonly ifModifiedSince: number
  readonly mimeType: 'application/json' | 'text/plain'
}

/** The defaults of protocol 8.2. */
export const defaultParameters: Parameters = Object.freeze({
  maxDepth: 0,
  maxCollectionSize: 0,
  maxObjects: 0,
  serializeLong: false,
  ignoreErrors: false,
  canonicalNaming: false,
  includeRequest: true,
  listCache: false,
  listKeys: false,
  listInterfaces: false,
  openTypes: false,
  ifModifiedSince: 0,
  mimeType: 'application/json',
})

/** Our values never nest deeper, so a higher limit has no effect. */
const DEEPEST_VALUE = 8
const MAX_INT32 = 2_147_483_647

/** Whether values can be written by their compiled writers. */
export function isUnlimited({ maxDepth, maxCollectionSize, maxObjects, serializeLong }: Parameters): boolean {
  return (maxDepth === 0 || maxDepth > DEEPEST_VALUE) && maxCollectionSize === 0 && maxObjects === 0 && !serializeLong
}

type Reader = (value: unknown) => Parameters[keyof Parameters] | undefined

const readers: { readonly [K in keyof Parameters]: Reader } = {
  maxDepth: readCount,
  maxCollectionSize: readCount,
  maxObjects: readCount,
  serializeLong: (value) => (typeof value === 'string' ? value.toLowerCase() === 'string' : undefined),
  ignoreErrors: readBoolean,
  canonicalNaming: readBoolean,
  includeRequest: readBoolean,
  listCache: readBoolean,
  listKeys: readBoolean,
  listInterfaces: readBoolean,
  openTypes: readBoolean,
  ifModifiedSince: readCount,
  mimeType: (value) => (value === 'application/json' || value === 'text/plain' ? value : undefined),
}

function readCount(value: unknown): number | undefined {
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text !== 'string' || !/^\d{1,10}$/.test(text)) return undefined
  const count = Number(text)
  return count <= MAX_INT32 ? count : undefined
}

/** As in Java, anything that is not `true` is false. */
function readBoolean(value: unknown): boolean {
  return value === true || (typeof value === 'string' && value.toLowerCase() === 'true')
}

/** Parameters of a URL's query; a bad value throws `SPY_JOLOKIA_BAD_PARAMETER`, unknown ones are ignored. */
export function queryParameters(query: URLSearchParams): Parameters {
  if (query.has('callback')) throw fail('SPY_JOLOKIA_BAD_PARAMETER', ['callback'])
  let changed: Record<string, unknown> | undefined
  for (const [name, value] of query) {
    if (!isParameter(name)) continue
    const read = readers[name](value)
    if (read === undefined) throw fail('SPY_JOLOKIA_BAD_PARAMETER', [name])
    changed ??= { ...defaultParameters }
    changed[name] = read
  }
  return (changed as Parameters | undefined) ?? defaultParameters
}

/** `base` with what one request's `config` changes; a bad value throws `SPY_JOLOKIA_BAD_CONFIG`. */
export function withConfig(base: Parameters, config: unknown): Parameters {
  if (typeof config !== 'object' || config === null) return base
  let changed: Record<string, unknown> | undefined
  for (const [name, value] of Object.entries(config)) {
    if (!isParameter(name) || name === 'mimeType') continue
    const read = readers[name](value)
    if (read === undefined) throw fail('SPY_JOLOKIA_BAD_CONFIG', [String(value).slice(0, 100)])
    changed ??= { ...base }
    changed[name] = read
  }
  return (changed as Parameters | undefined) ?? base
}

function isParameter(name: string): name is keyof Parameters {
  return Object.hasOwn(readers, name)
}
