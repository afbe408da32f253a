/**
 * Who a request came from and which application it is for, as the router in front tells the process of that application: in one header that only the router can send, since the socket
 * between them is closed to everybody else. The program sees neither the header nor the router: its sockets have the client's addresses, as on a
 * listener of its own.
 */
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { CLIENT_ADDRESS } from '@spyglass/agent/contract'
import { setRawHeaders } from './raw-headers.ts'

export const PEER_HEADER = 'x-spyglass-peer'

/** What an instance that ends says on its connections to the router: send nothing more on this one. Not registered, and seen by nobody else. */
export const RELEASE_STATUS = 199

/** The connection that a client made to the router. */
export interface Peer {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  readonly isSecure: boolean
  readonly isHttp2: boolean
}

/** The part of the header that is the same for all requests of a connection. */
export function peerText({ remoteAddress, remotePort, localAddress, localPort, isSecure, isHttp2 }: Peer): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort} ${isSecure ? 's' : ''}${isHttp2 ? '2' : ''}-`
}

/** The application that a request is for, and the context path that it has there. */
export interface Mount {
  readonly application: string
  /** The empty string for the root. */
  readonly contextPath: string
}

/** The part of the header that is the same for all requests to an application. */
export const mountText = ({ application, contextPath }: Mount): string => ` ${application} ${contextPath}`

/** The line of a request; `client` is the address that it came from, past the proxies that are trusted. Without a `mount` the process decides by itself. */
export const peerLine = (client: string, peer: string, mount = ''): string => `${PEER_HEADER}: ${client} ${peer}${mount}\r\n`

const SOCKET_PEER = Symbol('spyglass.peer')

type Named = Socket & { [SOCKET_PEER]?: Peer }
const MOUNT = Symbol('spyglass.mount')

type Noted = IncomingMessage & { [CLIENT_ADDRESS]?: string; [MOUNT]?: Mount }

/** Which application the router has chosen; undefined: no router did. It has decided by what is configured now, its applications by what was at their start. */
export const mountOf = (request: IncomingMessage): Mount | undefined => (request as Noted)[MOUNT]

/** Takes the header out of the request, and gives its socket the client's addresses. The router sends it last. */
export function takePeer(request: IncomingMessage): void {
  const { rawHeaders, headers } = request
  const at = rawHeaders.length - 2
  const text = rawHeaders[at + 1]
  if (rawHeaders[at] !== PEER_HEADER || text === undefined) return
  const { client, peer, mount } = told(text)
  delete headers[PEER_HEADER]
  setRawHeaders(request, rawHeaders.slice(0, at))
  ;(request as Noted)[CLIENT_ADDRESS] = client
  if (mount) (request as Noted)[MOUNT] = mount
  const socket = request.socket as Named
  if (socket[SOCKET_PEER] === undefined) Object.defineProperties(socket, ADDRESSES)
  socket[SOCKET_PEER] = peer
  if (peer.isHttp2) Object.assign(request, { httpVersion: '2.0', httpVersionMajor: 2, httpVersionMinor: 0 })
}

interface Told {
  readonly client: string
  readonly peer: Peer
  readonly mount: Mount | undefined
}

/** Clients that come again are not parsed again. */
const KNOWN = new Map<string, Told>()
const MAX_KNOWN = 1000

function told(text: string): Told {
  const known = KNOWN.get(text)
  if (known) return known
  const [client = '', remoteAddress = '', remotePort = '', localAddress = '', localPort = '', flags = '', application, contextPath = ''] =
    text.split(' ')
  const peer = {
    remoteAddress,
    remotePort: Number(remotePort),
    localAddress,
    localPort: Number(localPort),
    isSecure: flags.includes('s'),
    isHttp2: flags.includes('2'),
  }
  if (KNOWN.size >= MAX_KNOWN) KNOWN.clear()
  const found = { client, peer, mount: application === undefined ? undefined : { application, contextPath } }
  KNOWN.set(text, found)
  return found
}

const family = (address: string): string => (address.includes(':') ? 'IPv6' : 'IPv4')

const addressOf = (read: (peer: Peer) => unknown): PropertyDescriptor => ({
  configurable: true,
  enumerable: true,
  get(this: Named) {
    return this[SOCKET_PEER] && read(this[SOCKET_PEER])
  },
})

/** Read when somebody asks: a connection to the router serves one client after the other. */
const ADDRESSES: PropertyDescriptorMap = {
  remoteAddress: addressOf(({ remoteAddress }) => remoteAddress),
  remotePort: addressOf(({ remotePort }) => remotePort),
  remoteFamily: addressOf(({ remoteAddress }) => family(remoteAddress)),
  localAddress: addressOf(({ localAddress }) => localAddress),
  localPort: addressOf(({ localPort }) => localPort),
  localFamily: addressOf(({ localAddress }) => family(localAddress)),
  encrypted: addressOf(({ isSecure }) => isSecure || undefined),
}
