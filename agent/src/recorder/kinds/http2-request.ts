/** Requests that the process serves over HTTP/2: one for each stream that a client opens, whichever API of node:http2 answers it. */
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { SPAN_KIND } from '../../otlp/records.ts'
import { remoteParentIn } from '../propagation.ts'
import type { RequestInFlight } from '../request-in-flight.ts'
import type { RootKind, TraceRecord } from '../trace-record.ts'
import { servedHeaders } from './http-headers.ts'
import { contextPathIn, countHttp, httpAttributes, inFlightOf, ownFault, pathGroupOf } from './http-parts.ts'

/** RFC 9113 §7. */
const CANCEL = 8

export interface ServedStream {
  readonly stream: ServerHttp2Stream
  readonly headers: IncomingHttpHeaders
  /** Asked when it begins: a stream that is closed has no connection. */
  readonly clientAddress: string | undefined
}

export const http2Request: RootKind<ServedStream> = {
  name: 'http2.request',
  isRequest: true,
  isTracked: true,
  spanKind: () => SPAN_KIND.server,
  method: ({ headers }) => headers[':method'] ?? '_OTHER',
  remoteParent: ({ headers }) => remoteParentIn((name) => headers[name]),
  header: ({ headers }, name) => headers[name],

  ending(record, { stream }) {
    if (!endsCut(record, stream) && sentStatus(stream) < 400 && !record.errorStands) record.error = undefined
  },

  status: (_record, { stream }) => sentStatus(stream),
  count: (record, _detail, to, status) => countHttp(record, to, { status }),

  attributes: (record, { stream, headers, clientAddress }, status) => ({
    ...httpAttributes(record, {
      status,
      url: headers[':path'] ?? '',
      scheme: headers[':scheme'] ?? 'https',
      host: headers[':authority'] ?? headers.host,
      clientAddress,
      userAgent: headers['user-agent'],
    }),
    ...servedHeaders(
      (name) => headers[name],
      (name) => sentHeadersOf(stream)?.[name],
    ),
  }),
  pathGroup: (_record, { stream, headers }) => pathGroupOf(headers[':path'] ?? '', sentStatus(stream)),

  contextPath: ({ stream }) => contextPathIn(stream),
  cancel: ({ stream }) => stream.close(CANCEL),
  inFlight: (record, detail) => inFlightOf(record, streamInFlight(detail)),
}

/** Notes whether the stream was cut off, by the client or by a fault; true if it was. */
export function endsCut(record: TraceRecord, stream: ServerHttp2Stream): boolean {
  if (!stream.aborted && !stream.rstCode && !stream.errored) return false
  const fault = ownFault(stream.errored)
  record.error ??= fault
  record.aborted = fault === undefined
  return true
}

export function streamInFlight({
  headers,
  clientAddress,
}: ServedStream): Pick<RequestInFlight, 'url' | 'httpVersion' | 'clientAddress' | 'userAgent'> {
  return { url: headers[':path'] ?? '', httpVersion: '2.0', clientAddress, userAgent: headers['user-agent'] }
}

/** 0 as long as nothing was answered. */
function sentStatus(stream: ServerHttp2Stream): number {
  return Number(sentHeadersOf(stream)?.[':status'] ?? 0)
}

const sentHeadersOf = ({ sentHeaders }: ServerHttp2Stream): IncomingHttpHeaders | undefined =>
  sentHeaders as IncomingHttpHeaders | undefined
