/**
 * What travels between the keeper and its children over the IPC channel: registry pushes (latest wins), events and control.
 * Everything else between processes uses public protocols.
 */
import type { SpyglassEvent } from './events.ts'
import type { AttributeValue, ResourceKeys } from './resource-kind.ts'

/** The values of one resource. `kind` is the name of a declared kind or platform bean. */
export interface ResourceSnapshot {
  readonly kind: string
  readonly keys: ResourceKeys
  readonly values: Readonly<Record<string, AttributeValue>>
  /** When its values were read, in milliseconds since the epoch, where that is not the time of the snapshot. */
  readonly time?: number
}

/** Everything one process knows of its resources. */
export interface RegistrySnapshot {
  readonly time: number
  readonly resources: readonly ResourceSnapshot[]
}

/** Names of the keeper's children. Instances are named by their application, or by the listener whose applications they share (`shop-1`, `http-1`). */
export type PartName = 'management' | 'collector' | 'store' | 'snmp-bridge' | (string & {})

export type FromChild =
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly code: string; readonly message: string }
  /** `unready`: what keeps the process from serving fully, though it runs. */
  | { readonly type: 'registry'; readonly snapshot: RegistrySnapshot; readonly unready?: readonly string[] }
  /** Management's judgement of the whole server, when it changes; no reasons: ready. */
  | { readonly type: 'readiness'; readonly reasons: readonly string[] }
  | { readonly type: 'event'; readonly event: SpyglassEvent }
  | { readonly type: 'command'; readonly id: number; readonly verb: CommandVerb; readonly target: string }

export type ToChild =
  /** What an instance is given to work with: its first message. */
  | { readonly type: 'share'; readonly share: unknown }
  | { readonly type: 'listener'; readonly name: string }
  /** The keeper stops: it will say `stop` to each in its turn. */
  | { readonly type: 'stopping' }
  | { readonly type: 'stop'; readonly deadlineMs: number }
  /** New values of live settings: paths with the name of an entry in place of its index; no value: not set any more. */
  | { readonly type: 'live'; readonly values: readonly { readonly path: readonly string[]; readonly value?: unknown }[] }
  | { readonly type: 'source'; readonly source: PartName; readonly snapshot: RegistrySnapshot }
  | { readonly type: 'gone'; readonly source: PartName; readonly planned: boolean }
  | { readonly type: 'event'; readonly source: PartName; readonly event: SpyglassEvent }
  | { readonly type: 'result'; readonly id: number; readonly ok: boolean; readonly message: string }

/** `reload`: a new generation takes over; `restart`: stop, then start. */
export type CommandVerb = 'reload' | 'restart' | 'stop'
