/** Windows of maintenance from the configuration: hours that come back, or one time. Pages about what they match are withheld from people. */
import type { SpyglassConfig } from '@spyglass/process/config'
import { type Hours, isWithin, parseHours } from '@spyglass/process/settings'
import { allMatch, type Labels, type Matcher, parseMatcher } from './matcher.ts'

interface Window {
  readonly matchers: readonly Matcher[]
  readonly hours: readonly Hours[]
  readonly timeZone: string | undefined
  /** Milliseconds since the epoch. */
  readonly from: number
  readonly until: number
}

export class MaintenanceWindows {
  readonly #windows: readonly Window[]

  constructor(windows: SpyglassConfig['alerting']['maintenance']) {
    this.#windows = windows.map(({ matchers, hours, timeZone, from, until }) => ({
      matchers: matchers.map(parseMatcher),
      hours: hours.flatMap((text) => parseHours(text) ?? []),
      timeZone,
      from: from === undefined ? -Infinity : Date.parse(from),
      until: until === undefined ? Infinity : Date.parse(until),
    }))
  }

  /** Whether a window that matches these labels is open. */
  isWithin(labels: Labels, now: number): boolean {
    return this.#windows.some(
      ({ matchers, hours, timeZone, from, until }) =>
        now >= from && now < until && (hours.length === 0 || isWithin(hours, now, timeZone)) && allMatch(matchers, labels),
    )
  }
}
