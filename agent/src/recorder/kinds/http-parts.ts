/** What requests of HTTP/1, HTTP/2 and upgrades have in common. */
import type { IncomingMessage } from 'node:http'
import { CLIENT_ADDRESS } from '../../contract/request-marks.ts'
import { attr } from '../../contract/telemetry.ts'
import { APPLICATION, CONTEXT_PATH } from '../../current-agent.ts'
import type { AttributesInput } from '../../otlp/records.ts'
import { isCancellation } from '../cancellation.ts'
import { errorTypeOf, valueIn } from '../error-text.ts'
import { PathGroups } from '../path-group.ts'
import type { RequestInFlight } from '../request-in-flight.ts'
import { withoutQuery } from '../span-parts.ts'
import type { RootCount, TraceRecord } from '../trace-record.ts'

const HANG_UPS = new Set<unknown>([
  'ECONNRESET',
  'EPIPE',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_DESTROYED',
  'ERR_HTTP2_STREAM_ERROR',
  'ERR_HTTP2_SESSION_ERROR',
])

/** What a client that hangs up leaves, or work that the application gives up then, is no fault of it: anything else that broke the response off is. */
export function ownFault(error: unknown): unknown {
  return HANG_UPS.has(valueIn(error, 'code')) || isCancellation(error) ? undefined : (error ?? undefined)
}

export function countHttp(
  record: TraceRecord,
  { aggregates, applicationOf }: RootCount,
  { status, errorType }: { readonly status: number; readonly errorType?: string | undefined },
): number {
  const { method, route } = record
  const counted = { method, route, template: route === '' ? record.target : '', status, errorType, application: applicationOf(record) }
  return aggregates.countRequest(counted, record.durationMs / 1000, record.endMs)
}

export interface HttpOutcome {
  readonly status: number
  /** Why the server answered in place of the application. */
  readonly refusal?: string | undefined
  /** Path and query, as the client wrote it. */
  readonly url: string
  readonly scheme: string
  readonly host: unknown
  readonly clientAddress: string | undefined
  readonly userAgent: unknown
}

export function httpAttributes(record: TraceRecord, outcome: HttpOutcome): AttributesInput {
  const { status, refusal, url, scheme, host, clientAddress, userAgent } = outcome
  return {
    [attr.httpMethod]: record.method,
    [attr.httpRoute]: record.route || undefined,
    [attr.urlTemplate]: record.route === '' && record.target !== '' ? record.target : undefined,
    [attr.httpStatus]: status !== 0 && record.endMs !== 0 ? status : undefined,
    [attr.errorType]: refusal ?? errorTypeOfRequest(record, status),
    [attr.urlPath]: withoutQuery(url),
    [attr.urlScheme]: scheme,
    [attr.serverAddress]: hostName(host),
    [attr.clientAddress]: clientAddress,
    [attr.userAgent]: typeof userAgent === 'string' ? userAgent : undefined,
    [attr.application]: record.application,
  }
}

function errorTypeOfRequest(record: TraceRecord, status: number): string | undefined {
  if (record.aborted) return 'aborted'
  if (record.error !== undefined) return errorTypeOf(record.error)
  return status >= 500 ? String(status) : undefined
}

/** An application may have set the header to anything. */
function hostName(host: unknown): string | undefined {
  return typeof host === 'string' ? host.replace(/:\d+$/, '') : undefined
}

/** As the client wrote it, where a framework or our server has taken a prefix off. */
export function originalUrl(request: IncomingMessage): string {
  const { originalUrl: original } = request as { originalUrl?: unknown }
  return typeof original === 'string' ? original : (request.url ?? '')
}

export function clientAddressOf(request: IncomingMessage): string | undefined {
  const { [CLIENT_ADDRESS]: told } = request as { [CLIENT_ADDRESS]?: unknown }
  return typeof told === 'string' ? told : request.socket.remoteAddress
}

let groups: PathGroups | undefined

export function groupPaths(on: boolean): void {
  groups = on ? new PathGroups() : undefined
}

/** What a request without a route is named by. What does not exist may be called anything, so it has no name. */
export function pathGroupOf(url: string, status: number): string {
  return groups === undefined || status === 404 || status === 405 ? '' : groups.of(withoutQuery(url))
}

export const schemeOf = ({ socket }: IncomingMessage): string => ('encrypted' in socket ? 'https' : 'http')

export const applicationIn = (request: IncomingMessage): unknown => (request as { [APPLICATION]?: unknown })[APPLICATION]

let defaultContextPath = ''

/** The context path of requests that carry none of their own. */
export function setDefaultContextPath(path: string): void {
  defaultContextPath = path === '/' ? '' : path.replace(/\/$/, '')
}

export function contextPathIn(request: object): string {
  const own = (request as { [CONTEXT_PATH]?: unknown })[CONTEXT_PATH]
  if (typeof own !== 'string') return defaultContextPath
  return own === '/' ? '' : own
}

export function inFlightOf(
  record: TraceRecord,
  request: Pick<RequestInFlight, 'url' | 'httpVersion' | 'clientAddress' | 'userAgent'>,
): RequestInFlight {
  const { method, route, application, startTime, traceId, spanId } = record
  return { method, route, application, startTime, traceId, spanId, ...request }
}
