/** What each process sends to management over the registry socket. */
import type { RegistrySnapshot, SpyglassEvent } from '@spyglass/agent/contract'

/** A socket on which only these may speak: an application with a user of its own has one, and reaches no other. */
export interface RegistrySocket {
  readonly path: string
  readonly sources: readonly string[]
  /** Group that may connect. */
  readonly gid: number
}

export type RegistryMessage =
  /** The first message. */
  | { readonly type: 'hello'; readonly source: string; readonly pid: number }
  /** `unready`: what keeps the process from serving fully, though it runs. */
  | {
      readonly type: 'registry'
      readonly snapshot: RegistrySnapshot
      readonly unready: readonly string[]
      /** From the decider alone: the sockets that are to be open besides the common one. */
      readonly sockets?: readonly RegistrySocket[]
    }
  | { readonly type: 'event'; readonly event: SpyglassEvent }
  /** From the decider alone: this process now speaks for its source, and what an earlier one had open is closed. */
  | { readonly type: 'in-service'; readonly source: string; readonly pid: number }
  /** From the decider alone: no process speaks for the source. */
  | { readonly type: 'gone'; readonly source: string }
