/** Spans that the application, or an instrumentation of OpenTelemetry, makes inside a request. */
import { attr } from '../../contract/telemetry.ts'
import { SPAN_KIND, type Scope, type SpanKindNumber } from '../../otlp/records.ts'
import type { StatementShape, StatementShapes } from '../../sql/statement-shapes.ts'
import type { Cause } from '../cause.ts'
import type { Child, ChildCount, ChildKind } from '../child.ts'
import { codeAttributes, locationOf, statusField } from '../span-parts.ts'
import { SpanAdditions } from '../span-additions.ts'
import { httpCall } from './http-call.ts'
import { statement } from './statement.ts'

export class ManualSpan {
  readonly kind: SpanKindNumber
  readonly scope: Scope
  readonly additions = new SpanAdditions()
  /** Of a span that is a statement. */
  shape: StatementShape | undefined
  /** The text of that statement as it was given. It never leaves, but the span may be named by it. */
  rawText = ''

  constructor(kind: SpanKindNumber, scope: Scope, name: string) {
    this.kind = kind
    this.scope = scope
    this.additions.name = name
  }
}

export const manualSpan: ChildKind<ManualSpan> = {
  name: 'opentelemetry.span',
  memory: ({ shape }) => shape,
  isWait: ({ shape }) => shape?.isWait ?? false,
  count(child, to) {
    if (child.detail.kind === SPAN_KIND.client) countClientSpan(child, to)
  },
  cause: (child) => (WAITS.has(child.detail.kind) && child.inner === undefined ? causeOf(child) : undefined),
  span(child) {
    const { additions, kind, scope, shape } = child.detail
    return {
      name: nameOf(child.detail),
      kind,
      attributes: shape ? { ...additions.attributes, ...codeAttributes(child) } : withoutText(additions.attributes),
      events: additions.events,
      links: additions.links,
      scope,
      ...statusField(additions, false, undefined),
    }
  },
}

/** Others are work of the application itself. */
const WAITS = new Set<SpanKindNumber>([SPAN_KIND.client, SPAN_KIND.producer])

function causeOf(child: Child<ManualSpan>): Cause {
  const { shape, additions } = child.detail
  if (shape) return { cause: 'statement', statement: shape.text, location: locationOf(child) }
  const method = firstOf(additions.attributes, METHOD)
  if (method !== '') return { cause: 'call', peer: `${method} ${originOf(additions.attributes)}` }
  return { cause: child.detail.kind === SPAN_KIND.producer ? 'message' : 'span', peer: nameOf(child.detail) }
}

function originOf(attributes: SpanAdditions['attributes']): string {
  return URL.parse(firstOf(attributes, [attr.urlFull, 'http.url']))?.origin ?? textOf(attributes[attr.serverAddress])
}

/** Older instrumentations use the names from before the semantic conventions were stable. */
const SYSTEM = [attr.dbSystem, 'db.system']
const TEXT: readonly string[] = [attr.dbQueryText, 'db.statement']
const POOL = [attr.dbPool, attr.dbNamespace, 'db.name', attr.serverAddress, 'net.peer.name']
const METHOD = [attr.httpMethod, 'http.method']
const STATUS = [attr.httpStatus, 'http.status_code']

/** A call of a database or of another service, as far as its attributes say when it begins. */
export const isClientSpan = ({ kind }: ManualSpan): boolean => kind === SPAN_KIND.client

export const systemOf = ({ additions }: ManualSpan): string => firstOf(additions.attributes, SYSTEM)

/** A span of someone else is counted, and its statement normalised, as if it were ours; not when it stands around ours of the same. */
function countClientSpan({ detail, inner }: Child<ManualSpan>, { aggregates, shapes, seconds, application }: ChildCount): void {
  const { attributes, status } = detail.additions
  const failed = status?.code === 'error'
  const errorType = failed ? textOf(attributes[attr.errorType]) || 'error' : ''
  const shape = shapeOfSpan(detail, shapes)
  if (shape) {
    if (inner === statement) return
    const [system, pool] = [firstOf(attributes, SYSTEM), firstOf(attributes, POOL)]
    aggregates.countStatement({ shape, system, pool, seconds, errorType, application })
    return
  }
  const method = firstOf(attributes, METHOD)
  if (method === '' || inner === httpCall) return
  aggregates.countClient({ origin: originOf(attributes), method, status: Number(firstOf(attributes, STATUS)) || 0, seconds, errorType })
}

/** The statement of a span, if it is one; its text is replaced by the normalised one. */
export function shapeOfSpan(detail: ManualSpan, shapes: StatementShapes): StatementShape | undefined {
  const { attributes } = detail.additions
  for (const name of TEXT) {
    const text = attributes[name]
    if (typeof text !== 'string') continue
    detail.shape = shapes.of(text, firstOf(attributes, SYSTEM))
    if (text !== detail.shape.text) detail.rawText = text
    attributes[name] = detail.shape.text
    attributes[attr.sqlDigest] = detail.shape.digest
  }
  return detail.shape
}

/** Some instrumentations name the span by its statement. */
function nameOf({ additions: { name = 'span', attributes }, shape, rawText }: ManualSpan): string {
  if (shape) return replaced(name, rawText, shape.text)
  return TEXT.reduce((safe, key) => replaced(safe, textOf(attributes[key]), '?'), name)
}

function replaced(name: string, text: string, by: string): string {
  return text === '' ? name : name.replaceAll(text, () => by)
}

/** A text that is not normalised yet, since the span still runs, stays here. */
function withoutText(attributes: SpanAdditions['attributes']): SpanAdditions['attributes'] {
  if (!TEXT.some((name) => name in attributes)) return attributes
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !TEXT.includes(name)))
}

function firstOf(attributes: Readonly<Record<string, unknown>>, names: readonly string[]): string {
  for (const name of names) if (attributes[name] !== undefined) return textOf(attributes[name])
  return ''
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
