/**
 * Judges slow clients by progress, not by the time in all: an upload must bring some bytes in each interval, and a response that waits for its client must
 * shrink. A sweep over the connections costs nothing per request; a client that is late is noticed within a quarter of its limit.
 */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ListenerLimits } from './limits.ts'

/** One connection as the listener sees it. */
export class Connection {
  readonly socket: Socket
  readonly acceptedAt: number
  /** Requests so far, where they are limited. */
  requests = 0
  /** Of the request that came last. */
  response: ServerResponse | undefined
  /** Whether the server has answered it in its own words. */
  isRefused = false
  /** Whether it has changed its protocol. */
  isUpgraded = false
  /** Whether the router was told to use it no more. */
  isReleased = false
  #upload: ServerResponse | undefined
  #read = 0
  #readAt = 0
  #unsent = 0
  #sentAt = 0
  #bytesSeen = -1

  constructor(socket: Socket, now: number) {
    this.socket = socket
    this.acceptedAt = now
  }

  /** Whether anything has come since the last call. */
  wasUsed(): boolean {
    const { bytesRead } = this.socket
    const isUsed = bytesRead !== this.#bytesSeen
    this.#bytesSeen = bytesRead
    return isUsed
  }

  /** Whether the body of the last request has not come whole. */
  get isUploading(): boolean {
    const { response } = this
    return response !== undefined && !response.req.complete
  }

  /** Whether its upload has brought too little for too long. */
  isUploadLate({ bodyTimeoutMs, bodyMinBytes }: ListenerLimits, now: number): boolean {
    const { response, socket } = this
    if (!response || !this.isUploading) {
      this.#upload = undefined
      return false
    }
    const { bytesRead } = socket
    if (this.#upload !== response || bytesRead - this.#read >= bodyMinBytes || isFull(response)) {
      this.#upload = response
      this.#read = bytesRead
      this.#readAt = now
      return false
    }
    return bodyTimeoutMs > 0 && now - this.#readAt >= bodyTimeoutMs
  }

  /** Whether its client has taken nothing of what waits for it for too long. */
  isReaderLate({ sendTimeoutMs }: ListenerLimits, now: number): boolean {
    const unsent = unsentBytes(this.socket)
    if (unsent === 0 || unsent < this.#unsent || this.#unsent === 0) {
      this.#unsent = unsent
      this.#sentAt = now
      return false
    }
    this.#unsent = unsent // the application may add to it; that is no progress of the client
    return sendTimeoutMs > 0 && now - this.#sentAt >= sendTimeoutMs
  }
}

/** The application does not read what has come: the client is not to blame. */
function isFull({ req }: ServerResponse): boolean {
  return req.readableLength >= req.readableHighWaterMark
}

/** What waits in the stream and, where Node tells it, in the kernel's queue. */
function unsentBytes(socket: Socket): number {
  const { _handle: handle } = socket as { readonly _handle?: { readonly writeQueueSize?: number } | null }
  return socket.writableLength === 0 ? 0 : (handle?.writeQueueSize ?? 0) + socket.writableLength
}

const SWEEPS_PER_LIMIT = 4
const MAX_SWEEP_MS = 5000
const MIN_SWEEP_MS = 20

/** How often the connections are looked at. */
export function sweepMs({ bodyTimeoutMs, sendTimeoutMs }: ListenerLimits): number {
  const shortest = Math.min(bodyTimeoutMs || Infinity, sendTimeoutMs || Infinity)
  return Math.max(MIN_SWEEP_MS, Math.min(MAX_SWEEP_MS, shortest / SWEEPS_PER_LIMIT))
}
