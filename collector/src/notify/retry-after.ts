/** When a receiver that refused a page wants it again (RFC 9110 §10.2.3): seconds, or a date. */

/** A receiver that says a day must not be without pages for a day. */
const MAX_MS = 900_000

/** Undefined where nothing is said, or nothing that is a time. */
export function retryAfterMs(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined
  const ms = /^\d{1,10}$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - now
  return Number.isNaN(ms) ? undefined : Math.min(MAX_MS, Math.max(0, ms))
}

/** Adds it to why the page was not accepted. */
export function askedToWait<E extends Error>(error: E, waitMs: number | undefined): E {
  return waitMs === undefined ? error : Object.assign(error, { retryAfterMs: waitMs })
}

/** How long a failed attempt was asked to wait; 0 when nobody asked. */
export function waitOf(error: unknown): number {
  const { retryAfterMs: ms } = (error ?? {}) as { readonly retryAfterMs?: unknown }
  return typeof ms === 'number' ? ms : 0
}
