/** What passes between the store and its engine's process, over the channel of a fork with structured clones. */
import type { EngineOptions } from './chdb.ts'
import type { Classification, RawResult, SessionSettings } from './engine.ts'

/** A call; each has one reply with its id. `next` is answered with the next chunk of the stream that was begun with `stream`. */
export type Call =
  | { readonly type: 'prepare'; readonly options: EngineOptions }
  | { readonly type: 'open'; readonly session: number; readonly settings: SessionSettings; readonly thread: number }
  | { readonly type: 'query'; readonly session: number; readonly sql: string; readonly format: string }
  | { readonly type: 'stream'; readonly session: number; readonly sql: string; readonly format: string }
  | { readonly type: 'next'; readonly session: number }
  | { readonly type: 'cancel'; readonly session: number }
  | { readonly type: 'classify'; readonly session: number; readonly sql: string; readonly database: string }
  | { readonly type: 'close'; readonly session: number }

export type ToEngine = Call & { readonly id: number }

/** What a call gives: nothing, an answer, the end of a stream (`undefined`), or a classification. */
export type Reply = RawResult | Classification | undefined

export type FromEngine =
  /** A piece of an answer that is too large for one message; the last one is a `reply`. */
  | { readonly id: number; readonly type: 'part'; readonly bytes: Uint8Array }
  | { readonly id: number; readonly type: 'reply'; readonly value: Reply }
  | { readonly id: number; readonly type: 'error'; readonly message: string; readonly owner?: number }
