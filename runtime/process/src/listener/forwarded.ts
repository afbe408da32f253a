/**
 * What proxies in front say of a request: `Forwarded`, `X-Real-IP` and every `X-Forwarded-*`. Only listed proxies are believed; what anybody else sends
 * under these names is removed, because programs behind a proxy believe it.
 */
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { CLIENT_ADDRESS, isLoopback } from '@spyglass/agent/contract'
import { type AddressList, plainAddress } from './address-list.ts'
import { isClientClaim, isSentByProxies } from './forwarding-fields.ts'
import { setRawHeaders } from './raw-headers.ts'

const IS_FORWARDED = Symbol('forwarded')

type Noted = IncomingMessage & { [CLIENT_ADDRESS]?: string | undefined; [IS_FORWARDED]?: true }

const MAX_HOPS = 64

/** Call it for every request, before anything else sees it. */
export function readForwarded(request: IncomingMessage, trusted: AddressList): void {
  const { rawHeaders } = request
  if (!hasClaim(rawHeaders)) return
  ;(request as Noted)[IS_FORWARDED] = true
  if (!trusted.has(request.socket.remoteAddress)) return removeClaims(request)
  const client = clientOf(request.headers['x-forwarded-for'], trusted)
  if (client !== undefined) (request as Noted)[CLIENT_ADDRESS] = client
}

/** Only names with these first letters are looked at: nearly all requests have none. */
function hasClaim(rawHeaders: readonly string[]): boolean {
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ''
    const first = name.charCodeAt(0) | LOWER_CASE
    if ((first === LETTER_X || first === LETTER_F) && isClientClaim(name.toLowerCase())) return true
  }
  return false
}

const LOWER_CASE = 0x20
const LETTER_F = 0x66
const LETTER_X = 0x78

/** The address that the request came from: that of the client where a trusted proxy names it. */
export const clientAddressOf = (request: IncomingMessage): string | undefined =>
  (request as Noted)[CLIENT_ADDRESS] ?? request.socket.remoteAddress

/**
 * Whether the client is certainly on this machine. It is remote if any field says that a proxy sent the request on (`Forwarded`, `X-Forwarded-*`, `X-Real-IP`,
 * `Via` and the like), since that proxy may well be on this machine; only a trusted proxy that names a local client makes it local again. Call it
 * after {@link readForwarded}.
 */
export function isLocalClient(request: IncomingMessage): boolean {
  const { [IS_FORWARDED]: isForwarded, [CLIENT_ADDRESS]: named } = request as Noted
  const isProxied = isForwarded ?? Object.keys(request.headers).some(isSentByProxies)
  return isLoopback(isProxied ? named : request.socket.remoteAddress)
}

/** Whether the client speaks https, with this listener or with a trusted proxy. */
export function isSecure(request: IncomingMessage): boolean {
  const { encrypted } = request.socket as { encrypted?: boolean }
  return encrypted === true || firstOf(request.headers['x-forwarded-proto']) === 'https'
}

/** Proxies append the address that they see: from the right, the first one that is no proxy of ours is the client. */
export function clientOf(header: string | string[] | undefined, trusted: AddressList): string | undefined {
  if (header === undefined) return undefined
  const hops = String(header).split(',').slice(-MAX_HOPS) // a client may put any number before what the proxies append
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

function removeClaims(request: IncomingMessage): void {
  const kept: string[] = []
  const { rawHeaders, headers } = request
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = [rawHeaders[at], rawHeaders[at + 1]]
    if (isClientClaim(name.toLowerCase())) delete headers[name.toLowerCase()]
    else kept.push(name, value)
  }
  setRawHeaders(request, kept)
}

function firstOf(header: string | string[] | undefined): string | undefined {
  return (Array.isArray(header) ? header[0] : header)?.split(',', 1)[0]?.trim().toLowerCase()
}
