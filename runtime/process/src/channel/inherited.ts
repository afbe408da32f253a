/**
 * What a process got from the one that started it: its name, a control channel and listening sockets, as file descriptors. An environment
 * variable says which; it is read and deleted before any code of an application runs (guard-register.ts is preloaded), so that neither the
 * application nor what it starts sees a trace of it. Node's own IPC would be visible: `process.send`, `disconnect`, and the `message` event.
 */
import process from 'node:process'

export interface Inherited {
  /** Name of the process: `shop-1`, `store` … */
  readonly name: string
  /** Descriptor of the control channel. */
  readonly channel: number
  /** Descriptors of listening sockets by the name of their listener. */
  readonly listeners: Readonly<Record<string, number>>
  /** Path of the socket that takes registry pushes; absent for processes that have no resources. */
  readonly registry?: string
  /** Mask for the modes of the files that it creates. Default: that of the process that started it. */
  readonly umask?: number
}

const VARIABLE = 'SPYGLASS_INHERITED'
const KEY = Symbol.for('spyglass.inherited')

type Holder = { [KEY]?: Inherited | undefined }

/** Undefined when the process was started by hand. */
export function inherited(): Inherited | undefined {
  const global = globalThis as Holder
  if (!Object.hasOwn(global, KEY)) {
    const text = process.env[VARIABLE]
    delete process.env[VARIABLE]
    Object.defineProperty(global, KEY, { value: text === undefined ? undefined : (JSON.parse(text) as Inherited), enumerable: false })
  }
  return global[KEY]
}

/** The environment variable that tells it to a child. */
export const inheritance = (what: Inherited): Readonly<Record<string, string>> => ({ [VARIABLE]: JSON.stringify(what) })
