/**
 * The content of a page, and exactly the JSON of a webhook. Its members are stable; new releases only add members.
 * Documented in docs/reference/pages.md; `version` increases when a member is removed or changes meaning.
 */
import type { EventSeverity, Holder } from '@spyglass/agent/contract'
import { type Language, wordsOf } from '../words/index.ts'

export const PAGE_VERSION = '1'

/** `reminder`: it is still firing. `notice`: no incident, and nothing follows: a server was told to stop. `test`: nothing is wrong, somebody tries the receiver. */
export type PageStatus = 'firing' | 'reminder' | 'resolved' | 'notice' | 'test'

/** Something that happened before the incident. */
export interface Change {
  /** ISO-8601, UTC. */
  readonly time: string
  readonly name: string
  readonly resource: string
  readonly message: string
}

/** Who holds a connection, with a link to its trace. */
export interface PageHolder extends Holder {
  /** The trace in the console; empty outside a request. */
  readonly link: string
}

/** One route of the service, by the requests that failed. */
export interface PageRoute {
  readonly route: string
  readonly requests: number
  readonly errors: number
  readonly p95Ms: number
}

/** One kind of error of the service. */
export interface PageException {
  readonly type: string
  readonly message: string
  /** `file:line` of the application, or empty. */
  readonly location: string
  readonly count: number
  /** A trace with it in the console; empty when none was kept. */
  readonly link: string
}

/** One statement of the service, by the time that it took. */
export interface PageStatement {
  readonly statement: string
  /** `file:line` of the application, or empty. */
  readonly location: string
  readonly calls: number
  readonly totalMs: number
}

/** What failed, or was slow, in the service of the resource. */
export interface PageService {
  readonly name: string
  /** Those that failed most, or else the slowest. */
  readonly routes: readonly PageRoute[]
  readonly exceptions: readonly PageException[]
  readonly statements: readonly PageStatement[]
}

/** How bad it is against what is usual. */
export interface PageUsual {
  /** The number that the rule looks at: `lent`, `failed requests`, `p95`. */
  readonly what: string
  /** `1` (a share), `ms`, `s`, `By`; anything else is a count. */
  readonly unit: string
  /** The newest value; absent while the store has none. */
  readonly now?: number
  /** Median of the hour before. */
  readonly usual: number
  /** Threshold of the rule, or what there is at most. */
  readonly limit?: number
}

export interface Page {
  readonly version: typeof PAGE_VERSION
  /** Of its texts: `alerting.language`. Absent in pages of earlier versions, which are English. */
  readonly language?: Language
  readonly status: PageStatus
  /** 16 hexadecimal digits: the same in the log, the MBean notification, the trap and the events table. */
  readonly incidentId: string
  readonly rule: string
  readonly severity: EventSeverity
  /** What is wrong; of a reminder for how long and what is true now; of the end how long it took and how many requests failed. */
  readonly summary: string
  /** Name of the server that pages. */
  readonly server: string
  /** ObjectName. */
  readonly resource: string
  /** ISO-8601, UTC. */
  readonly startsAt: string
  /** Only when resolved. */
  readonly endsAt?: string
  readonly holders: readonly PageHolder[]
  /** Absent where no service is known, or nothing of it failed or was slow. */
  readonly service?: PageService
  readonly usual?: PageUsual
  readonly links: {
    /** The incident in the console. */
    readonly console: string
    /** The view of the resource, in the time of the incident. */
    readonly resource: string
    /** The most informative trace; absent when there is none. */
    readonly trace?: string
    /** What to do; absent for an alert without a page for the person on call. */
    readonly runbook?: string
  }
  /** What happened from an hour before the incident until the page, newest first. */
  readonly changes: readonly Change[]
  readonly attributes: Readonly<Record<string, string | number | boolean>>
  /** Who takes care of it; absent while nobody has said so. */
  readonly acknowledgedBy?: string
  /** Of a resolved page: the receiver had not accepted the page that the incident began, so this is its only one. */
  readonly wasMissed?: true
}

/** The end of an incident for a receiver that does not know that it began. */
export function asMissed(resolved: Page, firing: Page): Page {
  return { ...resolved, wasMissed: true, summary: `${resolved.summary}${wordsOf(resolved.language).missed(firing.summary)}` }
}
