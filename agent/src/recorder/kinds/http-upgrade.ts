/** Requests to change the protocol of a connection, as WebSocket has them. One lasts until it is answered; what is said afterwards are messages. */
import type { IncomingMessage } from 'node:http'
import { SPAN_KIND } from '../../otlp/records.ts'
import { remoteParentIn } from '../propagation.ts'
import type { RootKind } from '../trace-record.ts'
import {
  applicationIn,
  clientAddressOf,
  contextPathIn,
  countHttp,
  httpAttributes,
  inFlightOf,
  originalUrl,
  pathGroupOf,
  schemeOf,
} from './http-parts.ts'

export interface Upgrade {
  readonly request: IncomingMessage
  /** What was answered: 101 when the protocol was changed; 0 as long as nothing was. */
  status: number
}

export const httpUpgrade: RootKind<Upgrade> = {
  name: 'http.upgrade',
  isRequest: true,
  isTracked: true,
  spanKind: () => SPAN_KIND.server,
  method: ({ request }) => request.method ?? '_OTHER',
  remoteParent: ({ request: { headers } }) => remoteParentIn((name) => headers[name]),
  header: ({ request }, name) => request.headers[name],

  ending(record, { status }) {
    record.aborted = status === 0
    if (status < 400) record.error = undefined
  },

  status: (_record, { status }) => status,
  count: (record, _detail, to, status) => countHttp(record, to, { status }),

  attributes: (record, { request }, status) =>
    httpAttributes(record, {
      status,
      url: originalUrl(request),
      scheme: schemeOf(request),
      host: request.headers.host,
      clientAddress: clientAddressOf(request),
      userAgent: request.headers['user-agent'],
    }),

  pathGroup: (_record, { request, status }) => pathGroupOf(originalUrl(request), status),
  application: ({ request }) => applicationIn(request),
  contextPath: ({ request }) => contextPathIn(request),
  inFlight: (record, { request }) =>
    inFlightOf(record, {
      url: originalUrl(request),
      httpVersion: request.httpVersion,
      clientAddress: clientAddressOf(request),
      userAgent: request.headers['user-agent'],
    }),
}
