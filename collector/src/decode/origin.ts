/** Resource and scope of the items that follow them: read once, repeated in every row. */
import { attr } from '@spyglass/agent/contract'
import type { AttributeReader } from './attributes.ts'
import { ByteWriter } from '../native/byte-writer.ts'
import type { MapColumn, TextColumn } from '../native/columns.ts'
import { limits } from './limits.ts'
import type { ProtoReader } from './proto-reader.ts'

/** Attributes of one resource or scope, ready to be copied into a map column. */
export class SharedAttributes {
  readonly #texts = new ByteWriter()
  #map: MapColumn | undefined
  #keys: number[] = []

  begin(map: MapColumn): void {
    this.#map = map
    this.#keys.length = 0
    this.#texts.reset()
  }

  /** Reads one KeyValue and gives it as text, so that the caller may look for what it knows. */
  keyValue(attributes: AttributeReader, end: number): [key: string, value: string] {
    const [key, value] = attributes.pair(end)
    if (this.#keys.length >= limits.attributes) attributes.truncated++
    else if (this.#map) {
      this.#keys.push(this.#map.keys.stringKey(key.slice(0, limits.nameBytes)))
      this.#texts.text(value.slice(0, limits.valueBytes))
    }
    return [key, value]
  }

  row(): void {
    const map = this.#map as MapColumn
    for (const key of this.#keys) map.keys.addIndex(key)
    map.values.data.copy(this.#texts.bytes, 0, this.#texts.length)
    map.endRow()
  }
}

/** What the rows of one ResourceSpans, ResourceLogs or ResourceMetrics share. */
export class Origin {
  service = ''
  instance = ''
  /** The sender exports aggregates of every request: rollups take nothing from its spans. */
  aggregates = false
  resourceSchema = ''
  scopeName = ''
  scopeVersion = ''
  scopeSchema = ''
  scopeDropped = 0
  readonly resource = new SharedAttributes()
  readonly scope = new SharedAttributes()

  /** Reads a Resource message. */
  readResource(attributes: AttributeReader, end: number): void {
    const r = attributes.reader
    while (r.pos < end) {
      const tag = r.varint()
      if (tag === 10) this.#resourceAttribute(this.resource.keyValue(attributes, r.fieldEnd(end)))
      else r.skip(tag, end)
    }
    r.close(end)
  }

  beginResource(map: MapColumn): void {
    this.service = ''
    this.instance = ''
    this.aggregates = false
    this.resourceSchema = ''
    this.resource.begin(map)
  }

  beginScope(map: MapColumn | undefined): void {
    this.scopeName = ''
    this.scopeVersion = ''
    this.scopeSchema = ''
    this.scopeDropped = 0
    if (map) this.scope.begin(map)
  }

  /** Reads an InstrumentationScope message. */
  readScope(attributes: AttributeReader, end: number): void {
    const r = attributes.reader
    while (r.pos < end) {
      const tag = r.varint()
      if (tag === 10) this.scopeName = r.text(r.fieldEnd(end)).slice(0, limits.nameBytes)
      else if (tag === 18) this.scopeVersion = r.text(r.fieldEnd(end)).slice(0, limits.nameBytes)
      else if (tag === 26) this.scope.keyValue(attributes, r.fieldEnd(end))
      else if (tag === 32) this.scopeDropped = r.varint()
      else r.skip(tag, end)
    }
    r.close(end)
  }

  #resourceAttribute([key, value]: [string, string]): void {
    if (key === attr.serviceName) this.service = value.slice(0, limits.nameBytes)
    else if (key === attr.serviceInstanceId) this.instance = value.slice(0, limits.nameBytes)
    else if (key === attr.aggregates) this.aggregates = value === 'true'
  }
}

/** Each is called with where its message ends, and must leave the position there. */
export interface ResourceWalk {
  readonly resource: (end: number) => void
  readonly schema: (url: string) => void
  readonly scope: (end: number) => void
}

export interface ScopeWalk {
  readonly scope: (end: number) => void
  readonly schema: (url: string) => void
  readonly item: (end: number) => void
}

/**
 * Walks a Resource… message whose fields may come in any order: `resource` and `schemaUrl` are read first, then each `scope` message.
 * All three signals number these fields alike: 1 resource, 2 scope items, 3 schema URL.
 */
export function walkResource(r: ProtoReader, end: number, on: ResourceWalk): void {
  const start = r.pos
  while (r.pos < end) {
    const tag = r.varint()
    if (tag === 10) on.resource(r.fieldEnd(end))
    else if (tag === 26) on.schema(r.text(r.fieldEnd(end)))
    else r.skip(tag, end)
  }
  r.close(end)
  r.pos = start
  while (r.pos < end) {
    const tag = r.varint()
    if (tag === 18) on.scope(r.fieldEnd(end))
    else r.skip(tag, end)
  }
}

/** Walks a Scope… message: 1 scope, 2 items, 3 schema URL; the items come last. */
export function walkScope(r: ProtoReader, end: number, on: ScopeWalk): void {
  walkResource(r, end, { resource: on.scope, schema: on.schema, scope: on.item })
}

/** Writes the same text in many rows: its bytes are made once. */
export class RepeatedText {
  #bytes = Buffer.alloc(0)
  set(value: string): void {
    this.#bytes = Buffer.from(value)
  }
  row(column: TextColumn): void {
    column.add(this.#bytes, 0, this.#bytes.length)
  }
}
