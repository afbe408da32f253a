/**
 * Events of a connection come in the asynchronous context in which its handle was made, which is that of no request. Node itself resets a
 * handle when it is used again (a kept-alive socket of its HTTP agent); the same is done here for the request that now comes in. So no listener is
 * wrapped, and no stack has a frame of ours.
 */

interface Handle {
  asyncReset?(resource: object): void
}

/** Callbacks of the handle, a parser or what is behind a stream, run in the context of now. */
export function bringHere(handle: unknown): void {
  ;(handle as Handle | undefined)?.asyncReset?.(new ConnectionEvents())
}

/** One for each: before AsyncContextFrame, the resource is what carries the context. */
class ConnectionEvents {
  readonly type = 'spyglass.events'
}

let handleKey: symbol | undefined

/** The handle of a socket, or of a stream of HTTP/2, which has it under a symbol of Node's own. */
export function handleOf(stream: object): unknown {
  const { _handle: handle } = stream as { _handle?: unknown }
  if (handle) return handle
  handleKey ??= Object.getOwnPropertySymbols(stream).find(({ description }) => description === 'kHandle' || description === 'handle')
  return handleKey && (stream as Record<symbol, unknown>)[handleKey]
}
