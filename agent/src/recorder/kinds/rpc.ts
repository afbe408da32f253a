/** Remote procedure calls of gRPC: one that is served is a root, one that is made is a child. */
import type { IncomingHttpHeaders } from 'node:http2'
import { attr, metric } from '../../contract/telemetry.ts'
import { type AttributesInput, SPAN_KIND } from '../../otlp/records.ts'
import type { ChildKind } from '../child.ts'
import { remoteParentIn } from '../propagation.ts'
import { childErrorType, portOf, statusField } from '../span-parts.ts'
import { errorTypeOf } from '../error-text.ts'
import type { RootKind, TraceRecord } from '../trace-record.ts'
import { type ServedStream, endsCut, streamInFlight } from './http2-request.ts'
import { inFlightOf } from './http-parts.ts'

/** By their numbers. */
const STATUS = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const

/** Semantic conventions of gRPC: on the side that serves, the others are answers to the caller. */
const FAULTS = new Set(['UNKNOWN', 'DEADLINE_EXCEEDED', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS'])

export function rpcStatusOf(code: string | string[] | undefined): string {
  return code === undefined ? '' : (STATUS[Number(code)] ?? 'UNKNOWN')
}

/** `/package.Service/Method` without its slash. */
export const rpcMethodOf = (path: string | undefined): string => (path ?? '').replace(/^\//, '')

export const isRpc = (contentType: string | undefined): boolean => contentType?.startsWith('application/grpc') ?? false

const UNIMPLEMENTED = 'UNIMPLEMENTED'
/** Name of the methods that the server does not have, and anyone may ask for. */
const OTHER = '_OTHER'
const MAX_METHODS = 500
/** Those that were answered. */
const methods = new Set<string>()

function countedMethod(method: string, status: string): string {
  if (methods.has(method)) return method
  if (status === '' || status === UNIMPLEMENTED || methods.size >= MAX_METHODS) return OTHER
  methods.add(method)
  return method
}

export const servedRpc: RootKind<ServedStream> = {
  name: 'rpc.request',
  isRequest: true,
  isTracked: true,
  spanKind: () => SPAN_KIND.server,
  method: () => '',
  remoteParent: ({ headers }) => remoteParentIn((name) => headers[name]),
  header: ({ headers }, name) => headers[name],
  ending(record, { stream }) {
    endsCut(record, stream)
    if (sentRpcStatus(stream) === UNIMPLEMENTED) record.routeTemplate = OTHER
  },
  /** In the numbers of HTTP. */
  status(_record, { stream }) {
    const status = sentRpcStatus(stream)
    return FAULTS.has(status) ? 500 : status === '' ? 0 : status === 'OK' ? 200 : 400
  },
  failureType: (record, { stream }) => servedErrorType(record, stream),
  count(record, { stream }, { aggregates, applicationOf }) {
    const [status, errorType] = [sentRpcStatus(stream), servedErrorType(record, stream)]
    const method = countedMethod(record.routeTemplate, status)
    return aggregates.countRoot(metric.rpcServerDuration, [method, status, errorType ?? ''], record.durationMs / 1000, () => ({
      ...rpcLabels(method, status),
      [attr.errorType]: errorType,
      [attr.application]: applicationOf(record),
    }))
  },
  attributes: (record, { stream, headers, clientAddress }) => ({
    ...rpcLabels(record.routeTemplate, sentRpcStatus(stream)),
    [attr.urlPath]: record.routeTemplate === OTHER ? headers[':path'] : undefined,
    [attr.serverAddress]: headers[':authority']?.replace(/:\d+$/, ''),
    [attr.clientAddress]: clientAddress,
    [attr.userAgent]: headers['user-agent'],
    [attr.errorType]: servedErrorType(record, stream),
    [attr.application]: record.application,
  }),
  inFlight: (record, detail) => inFlightOf(record, streamInFlight(detail)),
}

/** A call without a message has its status in its head. */
function sentRpcStatus({ sentHeaders, sentTrailers }: ServedStream['stream']): string {
  const [head, trailers] = [sentHeaders, sentTrailers] as (IncomingHttpHeaders | undefined)[]
  return rpcStatusOf(trailers?.['grpc-status'] ?? head?.['grpc-status'])
}

function servedErrorType(record: TraceRecord, stream: ServedStream['stream']): string | undefined {
  const status = sentRpcStatus(stream)
  if (record.error !== undefined) return errorTypeOf(record.error)
  if (record.aborted) return 'aborted'
  return FAULTS.has(status) ? status : undefined
}

/** Properties always in the same order: see child.ts. */
export class RpcCall {
  /** `http://host:port`. */
  readonly origin: string
  readonly method: string
  /** Name of the status; empty as long as there is none. */
  status = ''
  cancelled = false

  constructor(origin: string, method: string) {
    this.origin = origin
    this.method = method
  }
}

export const rpcCall: ChildKind<RpcCall> = {
  name: 'rpc.call',
  count({ detail: { origin, method, status } }, { aggregates, seconds, errorType }) {
    const failed = errorType || (status === 'OK' || status === '' ? '' : status)
    aggregates.count(metric.rpcClientDuration, [origin, method, `${status} ${failed}`], seconds, () => ({
      ...rpcLabels(method, status),
      ...peerOf(origin),
      [attr.errorType]: failed || undefined,
    }))
  },
  span(child) {
    const { origin, method, status, cancelled } = child.detail
    const failed = child.error !== undefined || (status !== 'OK' && status !== '' && !cancelled)
    return {
      name: method,
      kind: SPAN_KIND.client,
      attributes: {
        ...rpcLabels(method, status),
        ...peerOf(origin),
        [attr.cancelled]: cancelled || undefined,
        [attr.errorType]: childErrorType(child) ?? (failed ? status : undefined),
      },
      ...statusField(undefined, failed, child.error),
    }
  },
}

const rpcLabels = (method: string, status: string): AttributesInput => ({
  [attr.rpcSystem]: 'grpc',
  [attr.rpcMethod]: method,
  [attr.rpcStatus]: status || undefined,
})

function peerOf(origin: string): AttributesInput {
  const url = URL.parse(origin)
  return { [attr.serverAddress]: url?.hostname ?? origin, [attr.serverPort]: url ? portOf(url) : undefined }
}
