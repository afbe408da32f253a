/**
 * What an instance and the workers that its program forks with node:cluster say to each other, over their IPC channel. The `cmd` begins with `NODE_`: Node
 * hands such messages to listeners of `internalMessage` alone, so that the program sees nothing of them.
 */

const CMD = 'NODE_SPYGLASS_WORKER'

export type FromWorker =
  | { readonly type: 'ask' }
  /** An answer to `ping`: everything that the primary sent before has come. */
  | { readonly type: 'pong' }
  /** Its requests have ended; `cut` did not in time. */
  | { readonly type: 'drained'; readonly cut: number }

export type ToWorker =
  /** What it serves its requests with; sent again when it changes. */
  { readonly type: 'share'; readonly share: unknown } | { readonly type: 'ping' } | { readonly type: 'drain'; readonly deadlineMs: number }

interface Envelope {
  readonly cmd: typeof CMD
  readonly message: FromWorker | ToWorker
}

/** A process at the other end of an IPC channel, or this process itself. */
interface Channel {
  readonly connected: boolean
  send?(message: object, handle: undefined, options: undefined, done: () => void): unknown
  on(event: 'internalMessage', listener: (message: Partial<Envelope>) => void): unknown
}

/** A peer that is gone needs no message. */
export function tell(channel: Channel, message: FromWorker | ToWorker): void {
  if (channel.connected) channel.send?.({ cmd: CMD, message } satisfies Envelope, undefined, undefined, () => {})
}

/** Messages from the instance, in a worker; from a worker, in the instance. */
export function listen(channel: Channel, onMessage: (message: FromWorker | ToWorker) => void): void {
  channel.on('internalMessage', ({ cmd, message }) => {
    if (cmd === CMD && message) onMessage(message)
  })
}
