/** What each process sends to management over the registry socket. */
import type { RegistrySnapshot, SpyglassEvent } from '@spyglass/agent/contract'

export type RegistryMessage =
  /** The first message. */
  | { readonly type: 'hello'; readonly source: string; readonly pid: number }
  /** `unready`: what keeps the process from serving fully, though it runs. */
  | { readonly type: 'registry'; readonly snapshot: RegistrySnapshot; readonly unready: readonly string[] }
  | { readonly type: 'event'; readonly event: SpyglassEvent }
  /** From the decider alone: this process now speaks for its source, and what an earlier one had open is closed. */
  | { readonly type: 'in-service'; readonly source: string; readonly pid: number }
  /** From the decider alone: no process speaks for the source. */
  | { readonly type: 'gone'; readonly source: string }
