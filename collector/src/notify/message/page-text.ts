/** A page as people read it in a chat or in mail: the same lines everywhere, so that a page is recognised wherever it comes. */
import { holderLine, oneLine } from '../alertmanager.ts'
import type { Page, PageStatus } from '../page.ts'

export interface PageText {
  /** `Firing: PoolExhausted (critical) on west` */
  readonly title: string
  readonly lines: readonly string[]
  /** The incident in the console. */
  readonly link: string
}

const MAX_HOLDERS = 5
const MAX_CHANGES = 5

const statusNames: Readonly<Record<PageStatus, string>> = {
  firing: 'Firing',
  reminder: 'Still firing',
  resolved: 'Resolved',
  notice: 'Notice',
  test: 'Test',
}

export function pageText(page: Page): PageText {
  const { status, rule, severity, server, summary, startsAt, endsAt, acknowledgedBy, holders, changes, links } = page
  return {
    title: `${statusNames[status]}: ${rule} (${severity}) on ${server}`,
    lines: [
      oneLine(summary),
      `Since ${startsAt}${endsAt === undefined ? '' : `, until ${endsAt}`}`,
      ...(acknowledgedBy === undefined ? [] : [oneLine(`Acknowledged by ${acknowledgedBy}`)]),
      ...holders.slice(0, MAX_HOLDERS).map(holderLine).map(oneLine),
      ...changes.slice(0, MAX_CHANGES).map(({ time, message }) => oneLine(`${time} ${message}`)),
      ...(links.trace === undefined ? [] : [`Trace: ${links.trace}`]),
    ],
    link: links.console,
  }
}

/** At most this many bytes of UTF-8, without half a character. */
export function cutBytes(text: string, max: number): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= max) return text
  let end = max - 3
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return `${bytes.subarray(0, end).toString()}…`
}
