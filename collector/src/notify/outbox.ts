/**
 * The order in which pages leave. Pure: it decides what may be sent when, notifier.ts sends. Its entries are part of the state
 * that survives kill -9, so a page that was decided is delivered by the next process if this one dies.
 */
import type { Page } from './page.ts'

export interface OutboxEntry {
  /** Rises with each entry; also the idempotency key of the delivery. */
  readonly sequence: number
  /** Name of the receiver in the configuration. */
  readonly receiver: string
  readonly page: Page
  attempts: number
  /** Milliseconds since the epoch. */
  nextAttemptAt: number
}

/** 1 s, 2 s, 4 s … 5 min: 24 attempts are an hour and a half. */
export const MAX_ATTEMPTS = 24
const FIRST_DELAY_MS = 1000
const MAX_DELAY_MS = 300_000

export function retryDelayMs(attempts: number): number {
  return Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.max(0, attempts - 1))
}

/** Entries that may be tried now: for each receiver and incident only the oldest, so that no resolve overtakes its page. */
export function dueEntries(entries: readonly OutboxEntry[], now: number): OutboxEntry[] {
  return heads(entries).filter(({ nextAttemptAt }) => nextAttemptAt <= now)
}

/** When something is due next; undefined when nothing waits. */
export function nextDueAt(entries: readonly OutboxEntry[]): number | undefined {
  const times = heads(entries).map(({ nextAttemptAt }) => nextAttemptAt)
  return times.length === 0 ? undefined : Math.min(...times)
}

/** Adds an entry. It replaces a waiting one of the same status: the newer one is more complete. */
export function addEntry(entries: OutboxEntry[], entry: OutboxEntry): void {
  const same = entries.findIndex(
    ({ receiver, page, attempts }) =>
      attempts === 0 && receiver === entry.receiver && page.incidentId === entry.page.incidentId && page.status === entry.page.status,
  )
  if (same >= 0) entries.splice(same, 1, entry)
  else entries.push(entry)
}

function heads(entries: readonly OutboxEntry[]): OutboxEntry[] {
  const first = new Map<string, OutboxEntry>()
  for (const entry of entries) {
    const key = `${entry.receiver}\n${entry.page.incidentId}`
    const other = first.get(key)
    if (!other || entry.sequence < other.sequence) first.set(key, entry)
  }
  return [...first.values()]
}
