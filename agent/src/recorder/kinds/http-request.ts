/** Requests that the process serves over HTTP/1. */
import type { ServerResponse } from 'node:http'
import { REFUSAL, type Refusal } from '../../contract/request-marks.ts'
import { SPAN_KIND } from '../../otlp/records.ts'
import { remoteParentIn } from '../propagation.ts'
import type { RootKind, TraceRecord } from '../trace-record.ts'
import { servedHeaders } from './http-headers.ts'
import {
  applicationIn,
  clientAddressOf,
  contextPathIn,
  countHttp,
  httpAttributes,
  inFlightOf,
  originalUrl,
  ownFault,
  pathGroupOf,
  schemeOf,
} from './http-parts.ts'

/** The response knows its request, so that it stands for both. */
export const httpRequest: RootKind<ServerResponse> = {
  name: 'http.request',
  isRequest: true,
  isTracked: true,
  spanKind: () => SPAN_KIND.server,
  method: ({ req }) => req.method ?? '_OTHER',
  remoteParent: ({ req: { headers } }) => remoteParentIn((name) => headers[name]),
  header: ({ req }, name) => req.headers[name],

  ending(record, response) {
    if (response.writableFinished) {
      if (response.statusCode < 400 && !record.errorStands) record.error = undefined // an error handler of the application made an answer of it
      return
    }
    const fault = ownFault(response.errored)
    record.error ??= fault
    record.aborted = fault === undefined
  },

  status: statusOf,
  failureType: (_record, response) => refusalOf(response)?.reason,

  count: (record, response, to, status) => countHttp(record, to, { status, errorType: refusalOf(response)?.reason }),

  attributes(record, response, status) {
    const { req: request } = response
    const { headers } = request
    return {
      ...httpAttributes(record, {
        status,
        refusal: refusalOf(response)?.reason,
        url: originalUrl(request),
        scheme: schemeOf(request),
        host: headers.host,
        clientAddress: clientAddressOf(request),
        userAgent: headers['user-agent'],
      }),
      ...servedHeaders(
        (name) => headers[name],
        (name) => response.getHeader(name),
      ),
    }
  },

  pathGroup: (record, response) => pathGroupOf(originalUrl(response.req), statusOf(record, response)),
  application: ({ req }) => applicationIn(req),
  contextPath: ({ req }) => contextPathIn(req),

  cancel: (response) => void response.destroy(),

  inFlight: (record, { req: request }) =>
    inFlightOf(record, {
      url: originalUrl(request),
      httpVersion: request.httpVersion,
      clientAddress: clientAddressOf(request),
      userAgent: request.headers['user-agent'],
    }),
}

/** 0 as long as nothing was answered. */
function statusOf({ aborted }: TraceRecord, response: ServerResponse): number {
  const refusal = refusalOf(response)
  if (refusal) return refusal.status
  return response.headersSent || !aborted ? response.statusCode : 0
}

/** Why the server answered it, or cut it off, in place of the application. */
function refusalOf(response: ServerResponse): Refusal | undefined {
  return (response as { [REFUSAL]?: Refusal })[REFUSAL]
}
