/**
 * What Node's parsers accept and RFC 9112 does not: a Host field that is missing, repeated or malformed, a target for another host, a version that the
 * connection does not speak, a transfer coding that nobody decodes; over HTTP/2 methods in lower case and bytes that no address has, which routers read away.
 */
import { IncomingMessage, METHODS } from 'node:http'
import { Http2StreamSocket } from './http2-stream-socket.ts'
import type { RefusalReason } from './refusal.ts'
import { isHost, isTarget } from './request-target.ts'

/** Why the head of a request cannot be served; undefined: it can. */
export function headFault(request: IncomingMessage): RefusalReason | undefined {
  const { headers, httpVersion, method = '', url = '' } = request
  const { host } = headers
  if (host === undefined && httpVersion === '1.1') return 'missing_host'
  const isRight = isOfHost(request.rawHeaders, host) && isTarget(method, url, host ?? '') && isFramed(request) && isPlain(request)
  return isRight ? undefined : 'malformed_request'
}

const isOfHost = (rawHeaders: readonly string[], host: string | undefined): boolean =>
  host === undefined || (isHost(host) && isThereOnce(rawHeaders))

/** Node keeps the first of several, without a word. Nearly all clients write the name in one of two ways, which need no conversion. */
function isThereOnce(rawHeaders: readonly string[]): boolean {
  let count = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ''
    if (name.length === 4 && (name === 'Host' || name === 'host' || name.toLowerCase() === 'host')) count++
  }
  return count === 1
}

/** RFC 9112 sections 2.3 and 6.1. Node decodes `chunked` and hands on the rest as it is. */
function isFramed(request: IncomingMessage): boolean {
  const { httpVersionMajor, httpVersionMinor, headers } = request
  if (httpVersionMajor > 1) return !(request instanceof IncomingMessage) || (request.socket as unknown) instanceof Http2StreamSocket
  const coding = headers['transfer-encoding']
  return coding === undefined || (httpVersionMinor === 1 && coding.toLowerCase() === 'chunked')
}

const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS)
const PRINTABLE = /^[!-~]*$/

/** Node's parser of HTTP/1 takes nothing else. A router that takes `post` for POST, or `/admin\xa0` for `/admin`, would let those pass every guard that compares them. */
const isPlain = ({ httpVersionMajor, method = '', url = '' }: IncomingMessage): boolean =>
  httpVersionMajor < 2 || (KNOWN_METHODS.has(method) && PRINTABLE.test(url))
