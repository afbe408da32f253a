/** Reloads that somebody waits for: each settles when its processes serve the new revision, or when one of them has rejected it. */
import { fail } from '../errors.ts'
import { type Actual, generationsOf, historyOf, servingOf } from './reconciler/index.ts'

interface Reload {
  readonly names: readonly string[]
  /** What each process is to serve; undefined: it is to be out of service. */
  readonly revisions: ReadonlyMap<string, string | undefined>
  readonly begunAt: number
  readonly settled: Promise<string>
  readonly resolve: (message: string) => void
  readonly reject: (error: Error) => void
}

export class Reloads {
  readonly #open = new Set<Reload>()
  /** Those that begin when the present one has ended, by target. */
  readonly #waiting = new Map<string, Promise<string>>()
  /** Requests that were cut, by process, since its reload began. */
  readonly #cut = new Map<string, number>()

  /** Resolves with what was done. `revisions`: what each process is to serve; undefined: it is to be out of service. */
  begin(revisions: Reload['revisions'], now: number): Promise<string> {
    for (const name of revisions.keys()) this.#cut.delete(name)
    return this.await(revisions, now)
  }

  /** The same without beginning anything: any number may wait for what the reconciler is doing anyway. */
  await(revisions: Reload['revisions'], now: number): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    this.#open.add({ names: [...revisions.keys()], revisions, begunAt: now, settled: promise, resolve, reject })
    return promise
  }

  /** Whether one of these processes is being reloaded. */
  isBusy(names: readonly string[]): boolean {
    return this.#openFor(names).length > 0
  }

  /** Calls `begin` when none of these processes is being reloaded: once for everyone who asks for the same target in the meantime. */
  whenIdle(target: string, names: readonly string[], begin: () => Promise<string>): Promise<string> {
    const waiting = this.#waiting.get(target)
    if (waiting) return waiting
    const done = this.idle(names).then(() => {
      this.#waiting.delete(target)
      return begin()
    })
    this.#waiting.set(target, done)
    return done
  }

  /** Resolves when none of these processes is being reloaded. */
  async idle(names: readonly string[]): Promise<void> {
    while (this.isBusy(names)) await Promise.allSettled(this.#openFor(names).map(({ settled }) => settled))
  }

  /** The plan has changed: who waits for a revision that is not wanted any more need not wait longer. */
  supersede(revisionOf: (name: string) => string | undefined): void {
    for (const reload of this.#open) {
      const other = reload.names.find((name) => revisionOf(name) !== reload.revisions.get(name))
      if (other !== undefined) this.#end(reload, () => reload.reject(fail('SPY_RELOAD_SUPERSEDED', [other])))
    }
  }

  /** Requests of a draining process were cut. */
  cut(name: string, count: number): void {
    this.#cut.set(name, (this.#cut.get(name) ?? 0) + count)
  }

  settle(actual: Actual): void {
    for (const reload of this.#open) {
      const failure = failureOf(reload, actual)
      if (failure !== undefined) this.#end(reload, () => reload.reject(failure))
      else if (reload.names.every((name) => isDone(name, reload, actual))) this.#end(reload, () => reload.resolve(this.#message(reload)))
    }
  }

  /** The server stops. */
  giveUp(): void {
    for (const reload of this.#open) this.#end(reload, () => reload.reject(fail('SPY_SERVER_REFUSED', ['the server is stopping'])))
  }

  #openFor(names: readonly string[]): readonly Reload[] {
    return [...this.#open].filter((reload) => reload.names.some((name) => names.includes(name)))
  }

  #end(reload: Reload, settle: () => void): void {
    this.#open.delete(reload)
    settle()
  }

  #message({ names }: Reload): string {
    const cut = names.reduce((total, name) => total + (this.#cut.get(name) ?? 0), 0)
    const done = `reloaded ${names.join(', ')}`
    return cut === 0 ? done : `${done}; ${cut} request(s) were cut when their time was over: the access log names them`
  }
}

/** The new generation serves, and the old one has ended; one that is to be out of service drains, or has ended. */
function isDone(name: string, { revisions }: Reload, actual: Actual): boolean {
  if (revisions.get(name) === undefined) return generationsOf(actual, name).every(({ state }) => state === 'stopping')
  const serving = servingOf(actual, name)
  return serving?.process.revision === revisions.get(name) && generationsOf(actual, name).length === 1
}

function failureOf({ names, revisions, begunAt }: Reload, actual: Actual): Error | undefined {
  for (const name of names.filter((one) => revisions.get(one) !== undefined)) {
    const { rejected, failures, failedAt, lastFailure } = historyOf(actual, name)
    if (rejected && rejected.revision === revisions.get(name)) return fail('SPY_RELOAD_FAILED', [name, rejected.reason])
    const hasFailed = failures > 0 && failedAt >= begunAt && !servingOf(actual, name)
    if (hasFailed) return fail('SPY_RELOAD_FAILED', [name, lastFailure ?? 'it exited'])
  }
  return undefined
}
