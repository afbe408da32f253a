import type { Failure } from './exit-reason.ts'

/** The start of a server as a waiting user sees it: the first attempt of each process, then the moment when all are ready. */

export class Milestones {
  /** Resolves when each part's first start has come to an end, with those that failed, by name. */
  readonly tried: Promise<ReadonlyMap<string, Failure>>
  /** Resolves when management first says that the server is ready: all parts run and nothing keeps them from serving. */
  readonly ready: Promise<void>
  /** Resolves when all parts have been stopped. */
  readonly stopped: Promise<void>
  tellTried = (_failures: ReadonlyMap<string, Failure>): void => {}
  tellReady = (): void => {}
  tellStopped = (): void => {}

  constructor() {
    this.tried = new Promise((resolve) => (this.tellTried = resolve))
    this.ready = new Promise((resolve) => (this.tellReady = resolve))
    this.stopped = new Promise((resolve) => (this.tellStopped = resolve))
  }
}
