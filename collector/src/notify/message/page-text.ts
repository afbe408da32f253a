/** A page as people read it in a chat or in mail: the same lines everywhere, so that a page is recognised wherever it comes. */
import { wordsOf } from '../../words/index.ts'
import type { Page } from '../page.ts'
import { evidenceLines } from '../evidence-lines.ts'
import { oneLine } from '../one-line.ts'

export interface PageText {
  /** `Firing: PoolExhausted (critical) on west` */
  readonly title: string
  readonly lines: readonly string[]
  /** The incident in the console. */
  readonly link: string
  /** What the link is called. */
  readonly linkText: string
}

const MAX_HOLDERS = 5
const MAX_CHANGES = 5

export function pageText(page: Page): PageText {
  const { language, summary, startsAt, endsAt, acknowledgedBy, holders, changes, links } = page
  const words = wordsOf(language)
  const lines = [
    summary,
    words.since(startsAt, endsAt),
    ...(acknowledgedBy === undefined ? [] : [words.acknowledgedBy(acknowledgedBy)]),
    ...evidenceLines({ ...page, holders: holders.slice(0, MAX_HOLDERS) }),
    ...changes.slice(0, MAX_CHANGES).map((change) => words.change(change)),
    ...(links.trace === undefined ? [] : [words.trace(links.trace)]),
    ...(links.runbook === undefined ? [] : [words.runbook(links.runbook)]),
  ]
  return { title: words.title(page), lines: lines.map(oneLine), link: links.console, linkText: words.links.console }
}

/** At most this many bytes of UTF-8, without half a character. */
export function cutBytes(text: string, max: number): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= max) return text
  let end = max - 3
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return `${bytes.subarray(0, end).toString()}…`
}
