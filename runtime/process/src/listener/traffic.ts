/** What a listener gives its requests to. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { RefusalReason, RefusedRequest } from './refusal.ts'

/** `request`, or what Node emits in its place where the server listens to that: for `Expect` headers. */
export type RequestEvent = 'request' | 'checkContinue' | 'checkExpectation'

/** Gets what the server would have got. */
export interface Traffic {
  request(event: RequestEvent, request: IncomingMessage, response: ServerResponse): void
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Whether a request to change the protocol is an upgrade; otherwise it is a request like any other (RFC 9110 section 7.8). Default: never. */
  acceptsUpgrade?(request: IncomingMessage): boolean
  /** Whether CONNECT may go to a program that listens to it. Default: it may. */
  acceptsConnect?(): boolean
  /** The request is refused: answer it by {@link answerRefused}, which is the default. */
  refused?(request: IncomingMessage, response: ServerResponse, reason: RefusalReason): void
  /** A request was refused before it could be read; it has been answered. */
  unreadable?(refused: RefusedRequest): void
}
