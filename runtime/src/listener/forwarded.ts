/**
 * What proxies in front say of a request: X-Forwarded-For, -Proto, -Host, -Port and -Prefix. Only listed proxies are believed; what anybody else sends
 * under these names is removed, because programs behind a proxy believe it.
 */
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { CLIENT_ADDRESS } from '@spyglass/agent'
import { type AddressList, plainAddress } from './address-list.ts'

type Noted = IncomingMessage & { [CLIENT_ADDRESS]?: string | undefined }

/** Names that a program may believe. */
const FORWARDED = [
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-server',
  'x-real-ip',
  'forwarded',
] as const

const MAX_HOPS = 64

/** Call it for every request, before anything else sees it. */
export function readForwarded(request: IncomingMessage, trusted: AddressList): void {
  const { headers } = request
  if (!FORWARDED.some((name) => headers[name] !== undefined)) return
  if (!trusted.has(request.socket.remoteAddress)) return removeForwarded(request)
  const client = clientOf(headers['x-forwarded-for'], trusted)
  if (client !== undefined) (request as Noted)[CLIENT_ADDRESS] = client
}

/** The address that the request came from: that of the client where a trusted proxy names it. */
export const clientAddressOf = (request: IncomingMessage): string | undefined =>
  (request as Noted)[CLIENT_ADDRESS] ?? request.socket.remoteAddress

/** Whether the client speaks https, with this listener or with a trusted proxy. */
export function isSecure(request: IncomingMessage): boolean {
  const { encrypted } = request.socket as { encrypted?: boolean }
  return encrypted === true || firstOf(request.headers['x-forwarded-proto']) === 'https'
}

/** Proxies append the address that they see: from the right, the first one that is no proxy of ours is the client. */
function clientOf(header: string | string[] | undefined, trusted: AddressList): string | undefined {
  const hops = String(header ?? '').split(',', MAX_HOPS + 1)
  if (header === undefined || hops.length > MAX_HOPS) return undefined
  for (const [at, hop] of hops.toReversed().entries()) {
    const address = withoutPort(hop.trim())
    if (address === undefined) return undefined // not an address, so neither is what stands before it to be believed
    if (!trusted.has(address) || at === hops.length - 1) return address
  }
  return undefined
}

/** `10.0.0.1`, `10.0.0.1:4711`, `::1`, `[::1]:4711`. */
function withoutPort(hop: string): string | undefined {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(hop)
  const v4 = /^(\d+\.\d+\.\d+\.\d+)(?::\d+)?$/.exec(hop)
  const address = plainAddress(bracketed?.[1] ?? v4?.[1] ?? hop)
  return isIP(address) === 0 ? undefined : address
}

function removeForwarded(request: IncomingMessage): void {
  const kept: string[] = []
  const { rawHeaders } = request
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = [rawHeaders[at], rawHeaders[at + 1]]
    if (!(FORWARDED as readonly string[]).includes(name.toLowerCase())) kept.push(name, value)
  }
  request.rawHeaders = kept
  for (const name of FORWARDED) delete request.headers[name]
}

function firstOf(header: string | string[] | undefined): string | undefined {
  return (Array.isArray(header) ? header[0] : header)?.split(',', 1)[0]?.trim().toLowerCase()
}
