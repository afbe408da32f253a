/**
 * A value as a cache keeps it: bytes, of which each reader gets a copy of its own, so that nobody changes what others read. Texts and numbers, which nobody can
 * change, are kept as they are; so is what never leaves the server, such as a page.
 */
import { types } from 'node:util'
import { deserialize, serialize } from 'node:v8'
import { messageOf } from '@spyglass/agent/contract'

export interface StoredValue {
  /** Bytes of it, at most. */
  readonly size: number
  /** There is no such thing: `undefined` or `null`. */
  readonly isMissing: boolean
  /** What a reader gets. */
  read(): unknown
  /** For a store outside of the process. */
  bytes(): Buffer
}

class UnstorableValue extends Error {}

/** @throws Error that says what cannot be stored */
export function storedOf(value: unknown): StoredValue {
  if (typeof value === 'string') return kept(value, value.length * 2)
  if (value === undefined || value === null || typeof value === 'number' || typeof value === 'boolean') return kept(value, 8)
  if (isHollow(value)) throw new UnstorableValue(`${Object.prototype.toString.call(value)} would lose what it holds`)
  return storedBytes(bytesOf(value))
}

/** What no reader changes. */
export const kept = (value: unknown, size: number): StoredValue => ({
  size,
  isMissing: value === undefined || value === null,
  read: () => value,
  bytes: () => bytesOf(value),
})

/** What `bytes()` of another process gave. @throws Error when they are damaged */
export function storedFrom(bytes: Buffer): StoredValue {
  const value = deserialize(bytes) as unknown
  return typeof value === 'object' && value !== null ? storedBytes(bytes) : storedOf(value)
}

/** Typed arrays that are read are views of the bytes, so each reader has its own. */
const storedBytes = (bytes: Buffer): StoredValue => ({
  size: bytes.length,
  isMissing: false,
  read: () => deserialize(Uint8Array.from(bytes)) as unknown,
  bytes: () => bytes,
})

function bytesOf(value: unknown): Buffer {
  try {
    return serialize(value)
  } catch (error) {
    throw new UnstorableValue(messageOf(error), { cause: error })
  }
}

/** Copies of a Promise, a Response or a WeakMap are empty. */
function isHollow(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const isKnown = Array.isArray(value) || types.isDate(value) || types.isMap(value) || types.isSet(value) || types.isRegExp(value)
  if (isKnown || types.isAnyArrayBuffer(value) || ArrayBuffer.isView(value) || types.isNativeError(value) || types.isBoxedPrimitive(value))
    return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype !== Object.prototype && prototype !== null && Object.keys(value).length === 0 && !isOfAnotherRealm(prototype)
}

/** A plain object of another context of V8, such as the one that applications are loaded in. */
const isOfAnotherRealm = (prototype: unknown): boolean => Object.getPrototypeOf(prototype) === null
