/** Resource and scope of the items that follow them: read once, repeated in every row. */
import { attr } from '@spyglass/agent/contract'
import { type AttributeReader, byKey, TOO_MANY } from './attributes.ts'
import { ByteWriter } from '../native/byte-writer.ts'
import type { MapColumn, TextColumn } from '../native/columns.ts'
import { limits } from './limits.ts'
import { readFields, readOrSkip } from './salvage.ts'

/** Attributes of one resource or scope, sorted by key, ready to be copied into the map columns of any table. */
export class SharedAttributes {
  readonly #texts = new ByteWriter()
  readonly #keys = new Map<MapColumn, number[]>()
  #pairs: [key: string, value: string][] = []
  #isSorted = true

  begin(): void {
    this.#pairs = []
    this.#keys.clear()
    this.#isSorted = false
  }

  /** Reads one KeyValue and returns it as text, so that the caller can look for keys that it knows. */
  keyValue(attributes: AttributeReader, end: number): readonly [key: string, value: string] {
    const pair = attributes.pair(end)
    this.#pairs.push(pair)
    return pair
  }

  row(map: MapColumn, attributes: AttributeReader): void {
    if (!this.#isSorted) this.#sort(attributes)
    let keys = this.#keys.get(map)
    if (!keys) this.#keys.set(map, (keys = this.#pairs.map(([key]) => map.keys.stringKey(key))))
    for (const key of keys) map.keys.addIndex(key)
    map.values.data.copy(this.#texts.bytes, 0, this.#texts.length)
    map.endRow()
  }

  /** Sorted before it is cut, so that what is kept does not depend on the order. */
  #sort(attributes: AttributeReader): void {
    const pairs = this.#pairs.sort(byKey)
    for (let i = limits.attributes; i < pairs.length; i++) attributes.report.cut(TOO_MANY)
    this.#pairs = pairs.slice(0, limits.attributes)
    this.#texts.reset()
    for (const [, value] of this.#pairs) this.#texts.text(value)
    this.#isSorted = true
  }
}

const LONG_SERVICES = `names of services, servers, applications, instances and versions longer than ${limits.nameBytes} bytes`

/** What the rows of one ResourceSpans, ResourceLogs or ResourceMetrics share. */
export class Origin {
  service = ''
  instance = ''
  /** Name of the server, or the namespace of a sender that is not of one. */
  server = ''
  #namespace = ''
  /** Name of the application, if the process hosts only one. */
  application = ''
  /** Version of the service. */
  version = ''
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
      if (tag === 10)
        readOrSkip(attributes, r.fieldEnd(end), 'resource attribute', (at) =>
          this.#resourceAttribute(attributes, this.resource.keyValue(attributes, at)),
        )
      else r.skip(tag, end)
    }
    r.close(end)
    this.server ||= this.#namespace
  }

  beginResource(): void {
    this.service = ''
    this.instance = ''
    this.server = ''
    this.#namespace = ''
    this.application = ''
    this.version = ''
    this.aggregates = false
    this.resourceSchema = ''
    this.resource.begin()
  }

  beginScope(): void {
    this.scopeName = ''
    this.scopeVersion = ''
    this.scopeSchema = ''
    this.scopeDropped = 0
    this.scope.begin()
  }

  /** Reads an InstrumentationScope message. */
  readScope(attributes: AttributeReader, end: number): void {
    const r = attributes.reader
    while (r.pos < end) {
      const tag = r.varint()
      if (tag === 10) this.scopeName = attributes.name(end, 'scope names')
      else if (tag === 18) this.scopeVersion = attributes.name(end, 'scope versions')
      else if (tag === 26) readOrSkip(attributes, r.fieldEnd(end), 'scope attribute', (at) => this.scope.keyValue(attributes, at))
      else if (tag === 32) this.scopeDropped = r.varint()
      else r.skip(tag, end)
    }
    r.close(end)
  }

  #resourceAttribute(attributes: AttributeReader, [key, value]: readonly [string, string]): void {
    if (key === attr.serviceName) this.service = attributes.cutText(value, limits.nameBytes, LONG_SERVICES)
    else if (key === attr.serviceInstanceId) this.instance = attributes.cutText(value, limits.nameBytes, LONG_SERVICES)
    else if (key === attr.serverName) this.server = attributes.cutText(value, limits.nameBytes, LONG_SERVICES)
    else if (key === attr.serviceNamespace) this.#namespace = attributes.cutText(value, limits.nameBytes, LONG_SERVICES)
    else if (key === attr.application) this.application = attributes.cutText(value, limits.nameBytes, LONG_SERVICES)
    else if (key === attr.serviceVersion) this.version = attributes.cutText(value, limits.nameBytes, LONG_SERVICES)
    else if (key === attr.aggregates) this.aggregates = value === 'true'
  }
}

/** Each is called with where its message ends, and must leave the position there. */
export interface GroupWalk {
  /** The Resource or InstrumentationScope message. */
  readonly head: (end: number) => void
  readonly schema: (url: string) => void
  /** A Scope… message of a resource, an item of a scope. */
  readonly member: (end: number) => void
}

/**
 * Walks a Resource… or Scope… message whose fields may come in any order: head and schema URL are read first, then each member.
 * All three signals number these fields alike: 1 head, 2 members, 3 schema URL. What comes after a field that cannot be delimited is lost.
 */
export function walkGroup(attributes: AttributeReader, end: number, on: GroupWalk): void {
  const r = attributes.reader
  const start = r.pos
  const whole = readFields(attributes, end, (tag) => {
    if (tag === 10) readOrSkip(attributes, r.fieldEnd(end), 'part of a resource or scope', on.head)
    else if (tag === 26) on.schema(attributes.name(end, 'schema URLs'))
    else r.skip(tag, end)
  })
  r.pos = start
  while (r.pos < whole) {
    const tag = r.varint()
    if (tag === 18) on.member(r.fieldEnd(whole))
    else r.skip(tag, whole)
  }
  r.pos = end
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
