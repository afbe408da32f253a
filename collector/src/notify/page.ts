/**
 * The content of a page, and exactly the JSON of a webhook. Its members are stable; new releases only add members.
 * Documented in docs/reference/pages.md; `version` increases when a member is removed or changes meaning.
 */
import type { EventSeverity, Holder } from '@spyglass/agent/contract'

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

export interface Page {
  readonly version: typeof PAGE_VERSION
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
  readonly links: {
    /** The incident in the console. */
    readonly console: string
    /** The view of the resource's current state. */
    readonly resource: string
    /** The most informative trace; absent when there is none. */
    readonly trace?: string
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
  return { ...resolved, wasMissed: true, summary: `${resolved.summary} It began while this receiver accepted nothing: ${firing.summary}` }
}
