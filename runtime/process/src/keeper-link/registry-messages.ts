/** What each process sends to management over the registry socket. */
import type { RegistrySnapshot, SpyglassEvent } from '@spyglass/agent/contract'
import type { SnapshotChanges } from './snapshot-changes.ts'

/** A socket on which only these may speak: an application with a user of its own has one, and reaches no other. */
export interface RegistrySocket {
  readonly path: string
  readonly sources: readonly string[]
  /** Group that may connect. */
  readonly gid: number
}

/** What a process knows of its resources now. */
export interface WholePush {
  readonly type: 'registry'
  readonly snapshot: RegistrySnapshot
  /** What keeps the process from serving fully, though it runs. */
  readonly unready: readonly string[]
  /** From the decider alone: the sockets that are to be open besides the common one. */
  readonly sockets?: readonly RegistrySocket[]
}

export type RegistryMessage =
  /** The first message. `run`: whose numbers the numbered messages have. */
  | { readonly type: 'hello'; readonly source: string; readonly pid: number; readonly run?: string }
  | WholePush
  /** After the first push of a connection: what has changed since the one before. */
  | (Omit<WholePush, 'snapshot'> & { readonly snapshot: SnapshotChanges })
  | NumberedMessage
  /**
   * From the decider alone, on each connection after what was not acknowledged: the processes in service, and the decider's own open incidents. What
   * management believes beyond that is over.
   */
  | {
      readonly type: 'present'
      readonly serving: readonly (readonly [source: string, pid: number])[]
      readonly incidents: readonly string[]
    }

/** A message that must not be lost: it is repeated until it is acknowledged. */
export type NumberedMessage = { readonly n?: number } & (
  | { readonly type: 'event'; readonly event: SpyglassEvent }
  /** From the decider alone: this process now speaks for its source, and what an earlier one had open is closed. */
  | { readonly type: 'in-service'; readonly source: string; readonly pid: number }
  /** From the decider alone: no process speaks for the source. */
  | { readonly type: 'gone'; readonly source: string }
)

/** What management answers: it has these, and for good. */
export interface RegistryAnswer {
  readonly type: 'taken'
  readonly numbers: readonly number[]
}
