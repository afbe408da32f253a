/**
 * The header by which agents and the collector tell each other which traces others have kept (docs/otlp.md). A request of an agent has in it how far
 * the agent has read, then the traces that it wants kept; the answer has how far it goes, then the traces that others wanted since. It imports nothing.
 */

export const LATE_WISHES_HEADER = 'spyglass-wishes'

/** What an agent says that has read nothing yet: it is answered where the list ends now. */
export const NOTHING_READ = '0'

/** Traces in one request of an agent. */
export const MAX_WISHES_SENT = 100
/** Traces in one answer: with them its head stays below what Node's parser takes. */
export const MAX_WISHES_ANSWERED = 200

export interface LateWishesMessage {
  /** `0`, or BOOT.NUMBER of the collector. */
  readonly cursor: string
  readonly traceIds: readonly string[]
}

const CURSOR = /^(?:0|[\da-f]{1,16}\.\d{1,15})$/
const TRACE_ID = /^[\da-f]{32}$/

/** Undefined for what is none; ids beyond the limit are left out. */
export function parseLateWishes(header: unknown, limit: number): LateWishesMessage | undefined {
  if (typeof header !== 'string') return undefined
  const [cursor = '', ...traceIds] = header.split(' ')
  return CURSOR.test(cursor) ? { cursor, traceIds: traceIds.slice(0, limit).filter((id) => TRACE_ID.test(id)) } : undefined
}

export function formatLateWishes({ cursor, traceIds }: LateWishesMessage): string {
  return [cursor, ...traceIds].join(' ')
}
