/** Turns a kept record into spans. Only here are names and attributes made. */
import type { IncomingMessage } from 'node:http'
import { attr } from '../contract/telemetry.ts'
import { type AttributesInput, SPAN_KIND, type SpanEvent, type SpanRecord } from '../otlp/records.ts'
import { type ChildRecord, type ClientChild, type ManualChild, StatementChild, ClientChild as Client } from './child-record.ts'
import { frameText } from '../call-site/call-site.ts'
import { toEpochMs } from './clock.ts'
import { newTraceId } from './ids.ts'
import { errorText, errorTypeOf } from './error-text.ts'
import type { SpanAdditions } from './span-additions.ts'
import { CLIENT_ADDRESS, REFUSAL, type Refusal } from '../current-agent.ts'
import type { KeepReason, TraceRecord } from './trace-record.ts'

/** `GET /shop/orders/:id`; the method alone when no route is known. */
export function spanNameOf(record: TraceRecord): string {
  const route = record.route
  return record.additions?.name ?? (route ? `${record.method} ${route}` : record.method || 'root')
}

/** The spans of a record: root first. `nowMs` ends what still runs, which is marked as partial. */
export function spansOf(record: TraceRecord, reason: KeepReason, nowMs: number): SpanRecord[] {
  const spans: SpanRecord[] = [rootSpan(record, reason, nowMs)]
  for (const child of record.children ?? []) spans.push(childSpan(child, nowMs))
  return spans
}

function rootSpan(record: TraceRecord, reason: KeepReason, nowMs: number): SpanRecord {
  const partial = record.endMs === 0
  const additions = record.additions
  const status = statusOf(record)
  const failed = status >= 500 || record.error !== undefined
  return {
    traceId: record.traceId,
    spanId: record.spanId,
    parentSpanId: record.parentSpanId,
    traceState: record.traceState,
    flags: record.flags,
    name: spanNameOf(record),
    kind: record.kind,
    startMs: toEpochMs(record.startMs),
    endMs: toEpochMs(partial ? nowMs : record.endMs),
    attributes: { ...rootAttributes(record, status, reason), [attr.partial]: partial || undefined, ...additions?.attributes },
    events: [...(additions?.events ?? []), ...exceptionEvents(record.error, nowMs)],
    ...(additions && additions.links.length > 0 ? { links: additions.links } : {}),
    ...statusField(additions, failed, record.error),
  }
}

/** Status of the response; 0 as long as nothing was answered. */
export function statusOf(record: TraceRecord): number {
  const response = record.response
  if (!response) return 0
  const refusal = refusalOf(record)
  if (refusal) return refusal.status
  return response.headersSent || !record.aborted ? response.statusCode : 0
}

/** Why the server answered it, or cut it off, in place of the application. */
export function refusalOf({ response }: TraceRecord): Refusal | undefined {
  return (response as { [REFUSAL]?: Refusal } | undefined)?.[REFUSAL]
}

function rootAttributes(record: TraceRecord, status: number, reason: KeepReason): AttributesInput {
  const request = record.request
  const common = { [attr.keepReason]: reason, [attr.droppedChildren]: record.droppedChildren || undefined }
  if (!request) return common
  const answered = status !== 0 && record.endMs !== 0
  return {
    [attr.httpMethod]: record.method,
    [attr.httpRoute]: record.route || undefined,
    [attr.httpStatus]: answered ? status : undefined,
    [attr.errorType]: rootErrorType(record, status),
    [attr.urlPath]: withoutQuery(originalUrl(request)),
    [attr.urlScheme]: 'encrypted' in request.socket ? 'https' : 'http',
    [attr.serverAddress]: hostOf(request.headers.host),
    [attr.clientAddress]: stringOrNone((request as { [CLIENT_ADDRESS]?: unknown })[CLIENT_ADDRESS]) ?? request.socket.remoteAddress,
    [attr.userAgent]: request.headers['user-agent'],
    [attr.application]: record.application,
    ...common,
  }
}

function rootErrorType(record: TraceRecord, status: number): string | undefined {
  const refusal = refusalOf(record)
  if (refusal) return refusal.reason
  if (record.aborted) return 'aborted'
  if (record.error !== undefined) return errorTypeOf(record.error)
  return status >= 500 ? String(status) : undefined
}

const stringOrNone = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** As the client wrote it, where a framework or our server has taken a prefix off. */
function originalUrl(request: IncomingMessage): string {
  const { originalUrl: original } = request as { originalUrl?: unknown }
  return typeof original === 'string' ? original : (request.url ?? '')
}

/** What a client writes behind the question mark may be anything, so it is never exported. */
function withoutQuery(url: string): string {
  const at = url.indexOf('?')
  return at < 0 ? url : url.slice(0, at)
}

function hostOf(host: string | undefined): string | undefined {
  return host?.replace(/:\d+$/, '')
}

/** One child as a span; what still runs ends at `nowMs` and is marked as partial. */
export function childSpan(child: ChildRecord, nowMs: number): SpanRecord {
  const record = child.record
  const own = child instanceof StatementChild ? statementSpan(child) : child instanceof Client ? clientSpan(child) : manualSpan(child)
  return {
    traceId: record?.traceId ?? newTraceId(),
    spanId: child.spanId,
    parentSpanId: child.parent?.spanId ?? record?.spanId,
    flags: record?.flags ?? 1,
    startMs: toEpochMs(child.startMs),
    endMs: toEpochMs(child.ended ? child.endMs : Math.max(nowMs, child.startMs)),
    ...own,
    attributes: { ...own.attributes, [attr.partial]: child.ended ? undefined : true },
  }
}

type OwnPart = Pick<SpanRecord, 'name' | 'kind' | 'attributes' | 'status' | 'events' | 'links' | 'scope'>

function statementSpan(child: StatementChild): OwnPart {
  const { shape } = child
  return {
    name: shape.operation ? `${shape.operation} ${child.pool}`.trim() : child.system,
    kind: SPAN_KIND.client,
    attributes: {
      [attr.dbSystem]: child.system,
      [attr.dbPool]: child.pool,
      [attr.dbOperation]: shape.operation || undefined,
      [attr.dbQueryText]: shape.text,
      [attr.sqlDigest]: shape.digest,
      [attr.poolWaitMs]: child.waitMs,
      [attr.errorType]: child.error === undefined ? undefined : errorTypeOf(child.error),
      ...codeAttributes(child),
    },
    ...statusField(undefined, child.error !== undefined, child.error),
  }
}

/** Where it was called from: this execution, else where the same statement on the same route was called from when it first ran. */
function codeAttributes(child: StatementChild): AttributesInput {
  const frames = child.site?.applicationFrames
  const first = frames?.[0]
  if (frames && first) {
    return {
      [attr.codeFile]: first.file,
      [attr.codeLine]: first.line,
      [attr.codeFunction]: first.function || undefined,
      [attr.codeStack]: frames.map(frameText).join('\n'),
    }
  }
  const earlier = child.shape.firstSites.get(child.record?.routeTemplate ?? '')
  return earlier?.[0] ? earlierSite(earlier, earlier[0]) : {}
}

const FRAME_TEXT = /^(.*) \((.+):(\d+):\d+\)$/

function earlierSite(frames: readonly string[], innermost: string): AttributesInput {
  const [, name, file, line] = FRAME_TEXT.exec(innermost) ?? []
  return {
    [attr.codeFile]: file,
    [attr.codeLine]: line === undefined ? undefined : Number(line),
    [attr.codeFunction]: name === '<anonymous>' ? undefined : name,
    [attr.codeStack]: frames.join('\n'),
    [attr.codeEarlier]: true,
  }
}

function clientSpan(child: ClientChild): OwnPart {
  const url = URL.parse(child.origin)
  const failed = child.error !== undefined || child.status >= 400
  return {
    name: child.method,
    kind: SPAN_KIND.client,
    attributes: {
      [attr.httpMethod]: child.method,
      [attr.serverAddress]: url?.hostname ?? child.origin,
      [attr.serverPort]: url ? portOf(url) : undefined,
      [attr.urlFull]: child.origin + withoutQuery(child.path),
      [attr.httpStatus]: child.status || undefined,
      [attr.errorType]: child.error === undefined ? (failed ? String(child.status) : undefined) : errorTypeOf(child.error),
    },
    ...statusField(undefined, failed, child.error),
  }
}

export function portOf(url: URL): number {
  return Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
}

function manualSpan(child: ManualChild): OwnPart {
  const { additions } = child
  return {
    name: additions.name ?? 'span',
    kind: child.kind,
    attributes: additions.attributes,
    events: additions.events,
    links: additions.links,
    scope: child.scope,
    ...statusField(additions, false, undefined),
  }
}

function statusField(additions: SpanAdditions | undefined, failed: boolean, error: unknown): Pick<SpanRecord, 'status'> {
  if (additions?.status) return { status: additions.status }
  if (!failed) return {}
  return { status: { code: 'error', message: error === undefined ? undefined : errorText(error) } }
}

function exceptionEvents(error: unknown, nowMs: number): SpanEvent[] {
  return error === undefined ? [] : [exceptionEvent(error, toEpochMs(nowMs))]
}

/** An exception as a span's event. */
export function exceptionEvent(error: unknown, timeMs: number): SpanEvent {
  return {
    timeMs,
    name: 'exception',
    attributes: {
      [attr.exceptionType]: errorTypeOf(error),
      [attr.exceptionMessage]: errorText(error),
      [attr.exceptionStack]: error instanceof Error ? error.stack?.slice(0, 8192) : undefined,
    },
  }
}
