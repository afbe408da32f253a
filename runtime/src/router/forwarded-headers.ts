/** The headers of a request as an instance behind the router gets them, and those of a response as its client does. */
import type { IncomingMessage } from 'node:http'

/** RFC 9110 section 7.6.1: for one connection only. `Connection` may name more. */
const OF_CONNECTION = new Set(['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'te', 'transfer-encoding', 'upgrade'])

/** Without what belongs to the client's connection, with what the router knows of it. In pairs, in the order and case that they came in. */
export function requestHeaders(request: IncomingMessage, clientAddress: string | undefined, isSecure: boolean): string[] {
  const headers = endToEnd(request.rawHeaders, request.headers.connection, REPLACED)
  const { 'x-forwarded-for': before, 'x-forwarded-host': host = request.headers.host, 'x-forwarded-proto': proto } = request.headers
  if (clientAddress !== undefined)
    headers.push('x-forwarded-for', before === undefined ? clientAddress : `${String(before)}, ${clientAddress}`)
  if (host !== undefined) headers.push('x-forwarded-host', String(host))
  headers.push('x-forwarded-proto', String(proto ?? (isSecure ? 'https' : 'http')))
  return headers
}

const REPLACED = new Set(['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto'])
const NONE: ReadonlySet<string> = new Set()

export const responseHeaders = (rawHeaders: readonly string[], connection: string | undefined): string[] =>
  endToEnd(rawHeaders, connection, NONE)

function endToEnd(raw: readonly string[], connection: string | undefined, replaced: ReadonlySet<string>): string[] {
  const named = connection === undefined ? NONE : new Set(connection.toLowerCase().split(/[\s,]+/))
  const kept: string[] = []
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? ''
    const lower = name.toLowerCase()
    if (!OF_CONNECTION.has(lower) && !named.has(lower) && !replaced.has(lower)) kept.push(name, raw[at + 1] ?? '')
  }
  return kept
}
