/**
 * The order in which pages leave. Pure: it decides what may be sent when, notifier.ts sends. Its entries are part of the state
 * that survives kill -9, so a page that was decided is delivered by the next process if this one dies.
 */
import { type Page, asMissed } from './page.ts'

export interface OutboxEntry {
  /** Rises with each entry; also the idempotency key of the delivery. */
  readonly sequence: number
  /** Name of the receiver in the configuration. */
  readonly receiver: string
  readonly page: Page
  readonly attempts: number
  /** Milliseconds since the epoch. */
  readonly nextAttemptAt: number
}

/** What one attempt needs. */
export type Delivered = Pick<OutboxEntry, 'page' | 'sequence'>

/** How long the end of an incident is offered to a receiver; while it is open, for as long as it takes. */
export const OFFER_END_MS = 86_400_000
const FIRST_DELAY_MS = 1000
const MAX_DELAY_MS = 300_000

/** 1 s, 2 s, 4 s … 5 min. */
export function retryDelayMs(attempts: number): number {
  return Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.max(0, attempts - 1))
}

/** How long a notice is news. */
const OFFER_NOTICE_MS = 600_000

/** Whether it is over for so long that nobody is told any more. */
export function isStale({ page }: OutboxEntry, now: number): boolean {
  if (page.status === 'notice') return now - Date.parse(page.startsAt) > OFFER_NOTICE_MS
  return page.endsAt !== undefined && now - Date.parse(page.endsAt) > OFFER_END_MS
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

/**
 * Makes one of what waits for the same receiver about the same incident: the newest news, in the place of the oldest. A receiver that was
 * away learns what is true now, and in one message that an incident began and ended. An entry that is being sent stays as it is.
 */
export function joinWaiting(entries: readonly OutboxEntry[], isUnderway: (entry: OutboxEntry) => boolean): OutboxEntry[] {
  const joined = new Map<string, OutboxEntry>()
  for (const entry of entries) {
    const key = isUnderway(entry) ? `sent ${entry.sequence}` : keyOf(entry)
    const older = joined.get(key)
    joined.set(key, older ? joinOf(older, entry) : entry)
  }
  return [...joined.values()]
}

/** The attempts of the older count on, so that news do not shorten its pause. */
function joinOf(older: OutboxEntry, newer: OutboxEntry): OutboxEntry {
  const { attempts, nextAttemptAt } = older
  return { ...newer, page: pageOfBoth(older.page, newer.page), attempts, nextAttemptAt }
}

function pageOfBoth(older: Page, newer: Page): Page {
  if (older.status !== 'firing') return newer
  return newer.status === 'resolved' ? asMissed(newer, older) : { ...newer, status: 'firing' }
}

function heads(entries: readonly OutboxEntry[]): OutboxEntry[] {
  const first = new Map<string, OutboxEntry>()
  for (const entry of entries) {
    const other = first.get(keyOf(entry))
    if (!other || entry.sequence < other.sequence) first.set(keyOf(entry), entry)
  }
  return [...first.values()]
}

const keyOf = ({ receiver, page }: OutboxEntry): string => `${receiver}\n${page.incidentId}`
