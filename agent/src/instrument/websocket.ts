/** Messages of WebSocket servers: `ws` itself, and socket.io, whose events come over it or over polling. Each is a root of its own. */
import type { IncomingMessage } from 'node:http'
import { attempt } from '../guard/guard.ts'
import { type ReceivedMessage, processedMessage } from '../recorder/kinds/message.ts'
import { PathGroups } from '../recorder/path-group.ts'
import type { Recorder } from '../recorder/recorder.ts'
import { runRoot } from '../recorder/run-root.ts'
import { upgradeUrlOf } from './http-upgrade.ts'
import type { Instrumentation } from './instrumentation.ts'
import { patchListeners } from './listeners.ts'

type Class = { readonly prototype: object }
type Listener = (this: never, ...args: never[]) => unknown

const call = (listener: Listener, self: unknown, args: readonly unknown[]): unknown => Reflect.apply(listener, self, args)

/** The parts of a server's WebSocket that are read. */
interface WebSocket {
  readonly _isServer?: boolean
  readonly _socket?: object
}

interface Socket {
  readonly nsp?: { readonly name?: string }
}

const common = { by: 'module hook', kinds: [processedMessage.name], forms: ['esm', 'cjs', 'tsx', 'bundle'] } as const

export const ws: Instrumentation = {
  ...common,
  name: 'ws',
  package: 'ws',
  versions: ['7.0.0', '9.0.0'],
  records: 'connections and messages of WebSocket servers, each a root of its own',
  mark: 'WebSocket was closed before the connection was established',
  attach: ({ recorder }) => [
    {
      file: /^lib\/websocket\.js$/,
      apply: ({ prototype }: Class) =>
        patchListeners(prototype, (event, listener, emitter) =>
          event === 'message' && (emitter as WebSocket)._isServer ? onMessage(recorder, listener) : undefined,
        ),
    },
    {
      file: /^lib\/websocket-server\.js$/,
      apply: ({ prototype }: Class) =>
        patchListeners(prototype, (event, listener) => (event === 'connection' ? onConnection(recorder, listener) : undefined)),
    },
  ],
}

export const socketIo: Instrumentation = {
  ...common,
  name: 'socket.io',
  package: 'socket.io',
  versions: ['3.0.0', '5.0.0'],
  records: 'connections and events of socket.io servers, over WebSocket and over polling',
  mark: 'client namespace disconnect',
  attach: ({ recorder }) => [
    {
      file: /^dist\/socket\.js$/,
      apply: ({ Socket: { prototype } }: { readonly Socket: Class }) =>
        patchListeners(prototype, (event, listener) =>
          typeof event === 'string' && !RESERVED.has(event) ? onEvent(recorder, event, listener) : undefined,
        ),
    },
    {
      file: /^dist\/namespace\.js$/,
      apply: ({ Namespace: { prototype } }: { readonly Namespace: Class }) =>
        patchListeners(prototype, (event, listener) =>
          event === 'connection' || event === 'connect' ? onNamespaceConnection(recorder, listener) : undefined,
        ),
    },
  ],
}

/** What socket.io itself emits; everything else is an event of a client. */
const RESERVED = new Set(['connect', 'connect_error', 'disconnect', 'disconnecting', 'error', 'newListener', 'removeListener'])

/** The messages that carry socket.io are recorded as its events. */
const onMessage = (recorder: Recorder, listener: Listener): Listener =>
  function messageRecorded(this: WebSocket, ...args) {
    const url = attempt('ws.url', () => upgradeUrlOf(this._socket), '')
    if (CARRIES_SOCKET_IO.test(url)) return call(listener, this, args)
    return handled(recorder, 'websocket', { operation: 'message', destination: pathOf(url) }, () => call(listener, this, args))
  }

const onConnection = (recorder: Recorder, listener: Listener): Listener =>
  function connectionRecorded(this: unknown, ...args) {
    const [, request] = args as readonly unknown[] as readonly [unknown, IncomingMessage?]
    const destination = attempt('ws.connection', () => pathOf(request?.url ?? ''), '')
    return handled(recorder, 'websocket', { operation: 'connection', destination }, () => call(listener, this, args))
  }

const onEvent = (recorder: Recorder, event: string, listener: Listener): Listener =>
  function eventRecorded(this: Socket, ...args) {
    const destination = `${this.nsp?.name ?? '/'} ${event}`
    return handled(recorder, 'socket.io', { operation: 'message', destination }, () => call(listener, this, args))
  }

const onNamespaceConnection = (recorder: Recorder, listener: Listener): Listener =>
  function connectionRecorded(this: { readonly name?: string }, ...args) {
    return handled(recorder, 'socket.io', { operation: 'connection', destination: this.name ?? '/' }, () => call(listener, this, args))
  }

/** Of the protocol below socket.io, whichever path it has. */
const CARRIES_SOCKET_IO = /[?&]EIO=\d/

/** Anyone may connect to any path, and messages of queues are counted in the same table. */
const paths = new PathGroups()
const pathOf = (url: string): string => paths.of(url.split('?', 1)[0] ?? '')

function handled<R>(
  recorder: Recorder,
  system: string,
  { operation, destination }: { readonly operation: string; readonly destination: string },
  fn: () => R,
): R {
  const detail: ReceivedMessage = {
    system,
    destination,
    operation,
    messageId: undefined,
    more: undefined,
    parent: undefined,
    senders: undefined,
  }
  return runRoot(recorder, { kind: processedMessage, detail, name: destination }, fn)
}
