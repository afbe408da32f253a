/**
 * A value as a cache keeps it: bytes, of which each reader gets a copy of its own, so that nobody changes what others read. Texts and numbers, which nobody can
 * change, are kept as they are; so is what never leaves the server, such as a page. Nothing that is kept holds more memory than its own size.
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
  if (typeof value === 'string') return kept(deserialize(bytesOf(value)), value.length * 2) // a part of a text would keep all of it
  if (value === undefined || value === null || typeof value === 'number' || typeof value === 'boolean') return kept(value, 8)
  if (isHollow(value)) throw new UnstorableValue(`${Object.prototype.toString.call(value)} would lose what it holds`)
  return storedBytes(bytesOf(value))
}

/** What no reader changes. */
export const kept = (value: unknown, size: number): StoredValue => new Kept(value, size)

/** What `bytes()` of another process gave. @throws Error when they are damaged */
export function storedFrom(bytes: Buffer): StoredValue {
  const value = deserialize(bytes) as unknown
  return typeof value === 'object' && value !== null ? storedBytes(bytes) : storedOf(value)
}

/** A typed array costs 200 bytes itself; a text of one byte a character costs nearly none, but is in the heap of V8, which has a limit of its own. */
const MAX_TEXT_BYTES = 4096

const storedBytes = (bytes: Buffer): StoredValue =>
  bytes.length <= MAX_TEXT_BYTES ? new SmallBytes(bytes.toString('latin1')) : new LargeBytes(bytes)

class Kept implements StoredValue {
  readonly size: number
  readonly #value: unknown

  constructor(value: unknown, size: number) {
    this.#value = value
    this.size = size
  }

  get isMissing(): boolean {
    return this.#value === undefined || this.#value === null
  }

  read(): unknown {
    return this.#value
  }

  bytes(): Buffer {
    return bytesOf(this.#value)
  }
}

class SmallBytes implements StoredValue {
  readonly isMissing = false
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  get size(): number {
    return this.#text.length
  }

  read(): unknown {
    return deserialize(this.bytes())
  }

  bytes(): Buffer {
    return Buffer.from(this.#text, 'latin1')
  }
}

/** Typed arrays that are read are views of the bytes, so each reader has its own. What V8 and a Redis give is a part of something larger. */
class LargeBytes implements StoredValue {
  readonly isMissing = false
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = new Uint8Array(bytes)
  }

  get size(): number {
    return this.#bytes.length
  }

  read(): unknown {
    return deserialize(new Uint8Array(this.#bytes))
  }

  bytes(): Buffer {
    return Buffer.from(this.#bytes.buffer as ArrayBuffer)
  }
}

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
