/** What is remembered of the places from which the same thing is called: where it was first called on each route, and whether it is slow. */
import { CapturedStack } from './call-site.ts'

type AnyFunction = (...args: never[]) => unknown

/** What was slow has its call sites captured for this long. */
const KNOWN_SLOW_MS = 60_000
/** If something slow runs more often than this, not every call site is captured: the first one on its route is used. */
const CAPTURE_EVERY_MS = 20
/** Maximum routes for which a first call site is remembered. */
const MAX_FIRST_SITES = 64

export class SiteMemory {
  /** Until when (milliseconds of the process's clock) its executions are known to be slow, so that their call sites are captured. */
  #slowUntil = 0
  /** When its call site may be captured again. */
  #captureNotBefore = 0
  /** The call site when it first ran, by route. An empty list: no frame belonged to the application. */
  readonly #firstSites = new Map<string, readonly string[]>()

  /**
   * Takes the stack above `calledFrom` when it may be wanted: the first time on a route, which is remembered so that the first slow one has
   * its place as well, and while it is known to be slow. `taken` is used instead if there is one.
   */
  capture(route: string, calledFrom: AnyFunction, taken?: CapturedStack): CapturedStack | undefined {
    const isFirst = !this.#firstSites.has(route) && this.#firstSites.size < MAX_FIRST_SITES
    if (!isFirst && !this.#isDue()) return taken
    const site = taken ?? new CapturedStack(calledFrom)
    if (isFirst) this.#firstSites.set(route, site.frames())
    return site
  }

  /** Frames of the application when it first ran on this route. */
  firstSite(route: string): readonly string[] | undefined {
    return this.#firstSites.get(route)
  }

  wasSlow(nowMs: number): void {
    this.#slowUntil = nowMs + KNOWN_SLOW_MS
  }

  #isDue(): boolean {
    if (this.#slowUntil === 0) return false
    const nowMs = performance.now()
    if (this.#slowUntil < nowMs || this.#captureNotBefore > nowMs) return false
    this.#captureNotBefore = nowMs + CAPTURE_EVERY_MS
    return true
  }
}
