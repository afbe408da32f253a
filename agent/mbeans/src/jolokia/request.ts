/** A client's request, whatever its transport: parse-get.ts and build-request.ts create it, the handlers answer it. */
import type { Parameters } from './parameters.ts'

interface Common {
  readonly parameters: Parameters
  /** The request as echoed in the response: JSON. */
  readonly echo: string
  /** What is wrong with its `config`; the reference reports it like an error of the MBean layer. */
  readonly problem?: unknown
}

export interface VersionRequest extends Common {
  readonly type: 'version' | 'config'
}

export interface ReadRequest extends Common {
  readonly type: 'read'
  readonly mbean: string
  /** A string asks for the bare value; a list asks for an object by name, an empty one for all attributes. */
  readonly attribute: string | readonly string[]
  readonly path: readonly string[]
}

export interface SearchRequest extends Common {
  readonly type: 'search'
  readonly mbean: string
}

export interface ListRequest extends Common {
  readonly type: 'list'
  readonly path: readonly string[]
}

export interface WriteRequest extends Common {
  readonly type: 'write'
  readonly mbean: string
}

export interface ExecRequest extends Common {
  readonly type: 'exec'
  readonly mbean: string
  readonly operation: string
  readonly arguments: readonly unknown[]
}

export type NotificationCommand = 'register' | 'unregister' | 'add' | 'remove' | 'ping' | 'list' | 'open'

export interface NotificationRequest extends Common {
  readonly type: 'notification'
  readonly command: NotificationCommand
  /** Empty for `register`. */
  readonly client: string
  readonly mode: string
  readonly mbean: string
  readonly filter: readonly string[]
  readonly handback: unknown
  /** Of `add` with pull: it hears what came after the event of this sequence number. Undefined: what comes from now on. */
  readonly after?: number | undefined
  readonly handle: string
}

export type JolokiaRequest = VersionRequest | ReadRequest | SearchRequest | ListRequest | WriteRequest | ExecRequest | NotificationRequest

const TYPES = new Set<string>(['version', 'config', 'read', 'search', 'list', 'write', 'exec', 'notification'])
const COMMANDS = new Set<string>(['register', 'unregister', 'add', 'remove', 'ping', 'list', 'open'])

export function isRequestType(text: string): text is JolokiaRequest['type'] {
  return TYPES.has(text)
}

export function isNotificationCommand(text: string): text is NotificationCommand {
  return COMMANDS.has(text)
}
