/**
 * The header with which a proxy in front of TCP names the client: the PROXY protocol of HAProxy, versions 1 (text) and 2 (binary).
 * https://www.haproxy.org/download/3.1/doc/proxy-protocol.txt
 */

import { isIPv4, isIPv6, SocketAddress } from 'node:net'

/** The connection as the proxy sees it. */
export interface ProxiedConnection {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
}

export type ProxyHeader =
  /** More bytes are needed. */
  | { readonly state: 'partial' }
  | { readonly state: 'invalid' }
  /** `length` bytes are the header. `connection` is missing for a check of the proxy itself (LOCAL, UNKNOWN): then the true addresses count. */
  | { readonly state: 'complete'; readonly length: number; readonly connection: ProxiedConnection | undefined }

const PARTIAL: ProxyHeader = { state: 'partial' }
const INVALID: ProxyHeader = { state: 'invalid' }

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const V1 = Buffer.from('PROXY ')
/** Section 2.1: the longest line with its end. */
const MAX_V1 = 107
const V2_HEAD = 16
/** A header with many TLVs; the specification allows 65,535. */
const MAX_V2 = 4096

/** Reads the header at the beginning of a connection. Never throws. */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  if (startsLike(bytes, SIGNATURE)) return bytes.length < V2_HEAD ? PARTIAL : readV2(bytes)
  if (startsLike(bytes, V1)) return readV1(bytes)
  return INVALID
}

function startsLike(bytes: Buffer, prefix: Buffer): boolean {
  const length = Math.min(bytes.length, prefix.length)
  return length > 0 && bytes.compare(prefix, 0, length, 0, length) === 0
}

function readV1(bytes: Buffer): ProxyHeader {
  const end = bytes.indexOf('\r\n')
  if (end < 0) return bytes.length < MAX_V1 ? PARTIAL : INVALID
  const length = end + 2
  const line = bytes.toString('latin1', 0, end)
  if (length > MAX_V1) return INVALID
  if (/^PROXY UNKNOWN( |$)/.test(line)) return { state: 'complete', length, connection: undefined }
  const connection = namedBy(line)
  return connection ? { state: 'complete', length, connection } : INVALID
}

function namedBy(line: string): ProxiedConnection | undefined {
  const [, family = '', remoteAddress = '', localAddress = '', remotePort = '', localPort = ''] = V1_LINE.exec(line) ?? []
  const isAddress = family === '4' ? isIPv4 : isIPv6
  if (!isAddress(remoteAddress) || !isAddress(localAddress) || !isPort(remotePort) || !isPort(localPort)) return undefined
  return { remoteAddress, remotePort: Number(remotePort), localAddress, localPort: Number(localPort) }
}

const V1_LINE = /^PROXY TCP([46]) (\S+) (\S+) (\d{1,5}) (\d{1,5})$/
const isPort = (text: string): boolean => text !== '' && Number(text) <= 65_535

const V2_VERSION = 2
const [LOCAL, PROXY] = [0, 1]
const [TCP_V4, TCP_V6] = [0x11, 0x21]
const V4_BYTES = 12
const V6_BYTES = 36

function readV2(bytes: Buffer): ProxyHeader {
  const [version, command] = [bytes.readUInt8(12) >> 4, bytes.readUInt8(12) & 15]
  const length = V2_HEAD + bytes.readUInt16BE(14)
  if (version !== V2_VERSION || length > MAX_V2 || (command !== LOCAL && command !== PROXY)) return INVALID
  if (bytes.length < length) return PARTIAL
  if (command === LOCAL) return { state: 'complete', length, connection: undefined }
  const addresses = bytes.subarray(V2_HEAD, length)
  const transport = bytes.readUInt8(13)
  if (transport === TCP_V4 && addresses.length >= V4_BYTES) return { state: 'complete', length, connection: addressesOf(addresses, 4) }
  if (transport === TCP_V6 && addresses.length >= V6_BYTES) return { state: 'complete', length, connection: addressesOf(addresses, 16) }
  return transport === TCP_V4 || transport === TCP_V6 ? INVALID : { state: 'complete', length, connection: undefined }
}

function addressesOf(bytes: Buffer, size: 4 | 16): ProxiedConnection {
  const text = size === 4 ? v4Text : v6Text
  return {
    remoteAddress: text(bytes.subarray(0, size)),
    localAddress: text(bytes.subarray(size, size * 2)),
    remotePort: bytes.readUInt16BE(size * 2),
    localPort: bytes.readUInt16BE(size * 2 + 2),
  }
}

const v4Text = (bytes: Buffer): string => [...bytes].join('.')

/** In the short form, as Node writes addresses. */
function v6Text(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, group) => bytes.readUInt16BE(group * 2).toString(16))
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address
}
