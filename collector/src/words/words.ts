/**
 * What people read in a page, in their language: one set of sentences for each. Names that tools match (rules, labels, states, event names) are the
 * same in all of them.
 */
import type { EventSeverity } from '@spyglass/agent/contract'
import type { SpyglassConfig } from '@spyglass/process/config'

export type Language = SpyglassConfig['alerting']['language']

/** As in a page. */
type Status = 'firing' | 'reminder' | 'resolved' | 'notice' | 'test'

/** What is wrong, and what was measured. */
export interface SaidWords {
  /** `15 s`, `2 min`, `350 ms`. */
  duration(ms: number): string
  /** What an ObjectName names, as people call it: `Pool shop of shop-1`. */
  subject(resource: string): string
  /** Of a rule that comes with the version; one of the user's own says what the user wrote. */
  ruleTitle(rule: string): string
  ruleText(rule: string, text: string): string
  ruleHelp(rule: string, help: string): string
  /** A rule's text with what it measured. */
  measured(text: string, detail: string): string
  share(share: string, part: string, all: string): string
  forecast(present: string, leftMs: number): string
  burn(burn: {
    readonly share: string
    readonly overMs: number
    readonly part: number
    readonly all: number
    readonly allowed: string
  }): string
  changed(now: string, before: string, agoMs: number): string
  exhausted(resource: string, holder: { readonly route: string; readonly location: string; readonly heldMs: number }): string
  /** Without a holder: what the event says. */
  isExhausted(resource: string, message: string): string
  wasExhausted(resource: string): string
  instanceDown(name: string, message: string): string
  crashLoop(crash: { readonly name: string; readonly count: number; readonly withinMs: number; readonly message: string }): string
  rehearsal(by: string): string
  /** Of another server than the one that pages. */
  ofServer(server: string, summary: string): string
  pagingBroken(broken: { readonly receiver: string; readonly waiting: number; readonly reason: string | undefined }): string
}

/** What a page says about its incident. */
export interface PageWords {
  stillFiring(ms: number): string
  unacknowledged(ms: number): string
  recovered(recovered: { readonly subject: string; readonly ms: number; readonly failedRequests: number }): string
  missed(summary: string): string
  /** Others of the same cause; `isMore`: there are still more. */
  companions(count: number, subjects: readonly string[], isMore: boolean): string
  stopping(server: string): string
  watches(server: string): string
  test(by: string): string
}

/** A page in lines, for chats and mail. */
export interface LineWords {
  readonly statuses: Readonly<Record<Status, string>>
  readonly severities: Readonly<Record<EventSeverity, string>>
  title(title: { readonly status: Status; readonly rule: string; readonly severity: EventSeverity; readonly server: string }): string
  since(from: string, to: string | undefined): string
  acknowledgedBy(by: string): string
  usual(usual: {
    readonly what: string
    readonly now: string | undefined
    readonly usual: string
    readonly limit: string | undefined
  }): string
  holder(holder: {
    readonly connection: number
    readonly heldMs: number
    readonly route: string
    readonly location: string
    readonly statement: string
    readonly blockers: readonly { readonly id: number; readonly connection?: number }[]
  }): string
  route(route: { readonly route: string; readonly requests: number; readonly errors: number; readonly p95: string }): string
  exception(one: { readonly type: string; readonly message: string; readonly location: string; readonly count: number }): string
  statement(one: { readonly statement: string; readonly location: string; readonly calls: number; readonly totalMs: number }): string
  change(change: { readonly time: string; readonly name: string; readonly message: string }): string
  trace(link: string): string
  runbook(link: string): string
  readonly links: { readonly console: string; readonly trace: string; readonly runbook: string }
  /** What a number of a chart is: `lent` connections of a pool. */
  readonly measures: Readonly<Record<'lent' | 'waiting' | 'requests' | 'errors' | 'failed requests', string>>
}

/** What people did about an incident, and what became of its pages. */
export interface StoryWords {
  takesCare(care: { readonly by: string; readonly rule: string; readonly subject: string; readonly note: string }): string
  silences(silence: { readonly by: string; readonly matchers: string; readonly until: string; readonly comment: string }): string
  endsSilence(by: string, matchers: string): string
  accepted(receiver: string, status: Status, attempt: number): string
  pages(rule: string, summary: string): string
  resolved(rule: string, summary: string): string
}

export interface Words extends SaidWords, PageWords, LineWords, StoryWords {
  readonly language: Language
}
