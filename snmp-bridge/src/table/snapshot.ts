/**
 * The data that the agent serves: all object instances in lexicographic order, each variable binding encoded once. A snapshot is
 * immutable and replaced by the next one, so that each response shows one poll. Finding an object or its successor is a binary
 * search.
 */
import { compareOids, type Oid, startsWith } from '../ber/oid.ts'
import type { SnmpValue } from '../ber/value.ts'
import { BerWriter } from '../ber/writer.ts'

/** One object instance. A function is called for the value at each request: for counters of the engine itself. */
export interface ManagedObject {
  readonly oid: Oid
  readonly value: SnmpValue | (() => SnmpValue)
}

/** Object types that exist whether or not there are instances of them: columns of empty tables, and scalars. */
export type ObjectTypes = readonly Oid[]

/** Largest encoded variable binding: names of 128 numbers and texts of 64 KiB do not occur. */
const MAX_VARBIND = 8192

export class Snapshot {
  readonly #oids: readonly Oid[]
  readonly #live: ReadonlyMap<number, () => SnmpValue>
  readonly #types: ObjectTypes
  /** Encoded variable bindings, concatenated. */
  readonly #arena: Buffer
  readonly #offsets: Uint32Array
  readonly #scratch = new BerWriter(0, MAX_VARBIND)

  private constructor(objects: readonly ManagedObject[], types: ObjectTypes) {
    const encoded = encodeAll(objects)
    this.#oids = objects.map(({ oid }) => oid)
    this.#live = encoded.live
    this.#arena = encoded.arena
    this.#offsets = encoded.offsets
    this.#types = types
  }

  /** Sorts and encodes. Of two objects with the same name the first wins. */
  static of(objects: Iterable<ManagedObject>, types: ObjectTypes = []): Snapshot {
    const sorted = [...objects].sort((a, b) => compareOids(a.oid, b.oid))
    const unique = sorted.filter(({ oid }, i) => i === 0 || compareOids(oid, sorted[i - 1]!.oid) !== 0)
    return new Snapshot(unique, [...types].sort(compareOids))
  }

  /** Number of object instances. */
  get size(): number {
    return this.#oids.length
  }

  /** Index of the first object after `oid`; {@link size} if there is none. */
  after(oid: Oid): number {
    let low = 0
    let high = this.#oids.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareOids(this.#oids[middle]!, oid) <= 0) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Index of the object of this name, or -1. */
  find(oid: Oid): number {
    const index = this.after(oid) - 1
    return index >= 0 && compareOids(this.#oids[index]!, oid) === 0 ? index : -1
  }

  oidAt(index: number): Oid | undefined {
    return this.#oids[index]
  }

  /** Why there is no instance of this name (RFC 3416 §4.2.1): it is, or begins with, the name of a known type, or not. */
  missing(oid: Oid): 'noSuchInstance' | 'noSuchObject' {
    let low = 0
    let high = this.#types.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareOids(this.#types[middle]!, oid) <= 0) low = middle + 1
      else high = middle
    }
    const candidate = this.#types[low - 1]
    return candidate && startsWith(oid, candidate) ? 'noSuchInstance' : 'noSuchObject'
  }

  /** Appends the variable binding unless the writer would then hold more than `maxSize` bytes. */
  append(index: number, writer: BerWriter, maxSize: number): boolean {
    const live = this.#live.get(index)
    if (live) return this.#appendLive(index, live(), writer, maxSize)
    const from = this.#offsets[index]!
    const to = this.#offsets[index + 1]!
    if (writer.size + to - from > maxSize) return false
    writer.append(this.#arena, from, to)
    return true
  }

  #appendLive(index: number, value: SnmpValue, writer: BerWriter, maxSize: number): boolean {
    this.#scratch.reset()
    this.#scratch.varbind({ oid: this.#oids[index]!, value })
    if (writer.size + this.#scratch.size > maxSize) return false
    writer.append(this.#scratch.view())
    return true
  }
}

function encodeAll(objects: readonly ManagedObject[]): {
  arena: Buffer
  offsets: Uint32Array
  live: Map<number, () => SnmpValue>
} {
  const writer = new BerWriter(0, MAX_VARBIND)
  const offsets = new Uint32Array(objects.length + 1)
  const live = new Map<number, () => SnmpValue>()
  let arena = Buffer.allocUnsafe(Math.max(MAX_VARBIND, objects.length * 32))
  let used = 0
  for (const [index, { oid, value }] of objects.entries()) {
    offsets[index] = used
    if (typeof value === 'function') {
      live.set(index, value)
      continue
    }
    writer.reset()
    writer.varbind({ oid, value })
    if (used + writer.size > arena.length) arena = Buffer.concat([arena], (arena.length + writer.size) * 2)
    writer.bytes.copy(arena, used, writer.start, writer.end)
    used += writer.size
  }
  offsets[objects.length] = used
  return { arena, offsets, live }
}
