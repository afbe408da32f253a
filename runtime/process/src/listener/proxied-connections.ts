/** Reads the PROXY header of each connection before anything else does, and gives the socket the addresses that the header names. */
import type { Socket } from 'node:net'
import type { AddressList } from './address-list.ts'
import { type ProxiedConnection, readProxyHeader } from './proxy-header.ts'

export interface ProxiedConnectionsOptions {
  /** From whom a header is accepted; connections of all others are closed. */
  readonly trusted: AddressList
  /** How long the header may take. */
  readonly timeoutMs: number
  readonly onConnection: (socket: Socket) => void
  /** The connection was closed, because nobody trusts its peer or it did not begin with a header. */
  readonly onRefused: (socket: Socket) => void
}

/** Takes one connection; it is passed on when its header has come. */
export function acceptProxied(socket: Socket, options: ProxiedConnectionsOptions): void {
  let bytes = Buffer.alloc(0)
  const refuse = (): void => {
    release()
    options.onRefused(socket)
    socket.destroy()
  }
  const late = setTimeout(refuse, options.timeoutMs).unref()
  const release = (): void => {
    clearTimeout(late)
    socket.off('readable', onReadable).off('end', refuse).off('error', refuse)
  }
  function onReadable(): void {
    for (let chunk: Buffer | null; (chunk = socket.read() as Buffer | null) !== null;) bytes = Buffer.concat([bytes, chunk])
    const header = readProxyHeader(bytes)
    if (header.state === 'partial') return
    if (header.state === 'invalid') return refuse()
    release()
    if (header.connection) rename(socket, header.connection)
    const rest = bytes.subarray(header.length)
    if (rest.length > 0) socket.unshift(rest)
    options.onConnection(socket)
  }
  if (!options.trusted.has(socket.remoteAddress)) return refuse()
  socket.on('readable', onReadable).on('end', refuse).on('error', refuse)
}

const PROXIED = Symbol('spyglass.proxied')

type Proxied = Socket & { [PROXIED]?: ProxiedConnection; readonly _parent?: Proxied }

/** A TLS socket has the addresses of the socket that it was made of, which Node keeps as its parent. */
export function inheritAddresses(socket: Socket): void {
  const proxied = (socket as Proxied)._parent?.[PROXIED]
  if (proxied) rename(socket, proxied)
}

/** Programs read the addresses from the socket. */
function rename(socket: Socket, proxied: ProxiedConnection): void {
  ;(socket as Proxied)[PROXIED] = proxied
  const { remoteAddress, remotePort, localAddress, localPort } = proxied
  const remoteFamily = remoteAddress.includes(':') ? 'IPv6' : 'IPv4'
  const values = { remoteAddress, remotePort, remoteFamily, localAddress, localPort }
  for (const [name, value] of Object.entries(values)) Object.defineProperty(socket, name, { value, configurable: true })
}
