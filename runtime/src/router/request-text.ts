/** The head of a request as the application gets it. */
import { type AddressList, clientOf, type Peer, peerLine, peerText } from '@spyglass/process/listener'
import { CHUNKED, type RequestHead } from './request-head.ts'

/** A client's connection, and what goes with each of its requests. */
export class ClientOrigin {
  readonly isTrusted: boolean
  readonly isSecure: boolean
  /** Whether it has shown a certificate of the listener's authorities. */
  readonly isAuthorized: boolean
  readonly address: string
  readonly #trusted: AddressList | undefined
  readonly #peer: string
  /** For clients that no proxy speaks for, which are nearly all: the lines are the same for every request. */
  readonly #proto: string
  readonly #for: string

  constructor(peer: Peer, { trusted, isAuthorized }: { readonly trusted: AddressList | undefined; readonly isAuthorized: boolean }) {
    this.isAuthorized = isAuthorized
    this.isSecure = peer.isSecure
    this.address = peer.remoteAddress
    this.isTrusted = trusted?.has(peer.remoteAddress) ?? false
    this.#trusted = trusted
    this.#peer = peerText(peer)
    this.#for = `x-forwarded-for: ${peer.remoteAddress}\r\n`
    this.#proto = `x-forwarded-proto: ${peer.isSecure ? 'https' : 'http'}\r\n`
  }

  /**
   * X-Forwarded-For, -Proto and -Host, as far as no trusted proxy has sent them, and our own line, which comes last. A trusted proxy's list of addresses
   * is not made longer: the application sees that proxy as the one it is connected to, as it would on a listener of its own.
   */
  lines({ forwardedFor, forwardedProto, forwardedHost, host }: RequestHead, mount: string): string {
    let lines = forwardedFor === undefined ? this.#for : ''
    if (forwardedProto === undefined) lines += this.#proto
    if (forwardedHost === undefined && host !== '') lines += `x-forwarded-host: ${host}\r\n`
    return lines + peerLine(this.clientOf(forwardedFor), this.#peer, mount)
  }

  /** The address that a request came from, past the proxies that are trusted. */
  clientOf(forwardedFor: string | undefined): string {
    return (forwardedFor !== undefined && this.#trusted && clientOf(forwardedFor, this.#trusted)) || this.address
  }
}

/** `mount`: which application it is for, in the words of its header. */
export function requestText(head: RequestHead, origin: ClientOrigin, mount: string): string {
  const { method, target, minor, lines, body, upgrade } = head
  const framing = body === CHUNKED ? 'transfer-encoding: chunked\r\n' : ''
  return `${method} ${target} HTTP/1.${minor}\r\n${lines}${framing}${connectionOf(minor, upgrade)}${origin.lines(head, mount)}\r\n`
}

function connectionOf(minor: number, upgrade: string): string {
  if (upgrade !== '') return `connection: upgrade\r\nupgrade: ${upgrade}\r\n`
  return minor === 0 ? 'connection: close\r\n' : ''
}
