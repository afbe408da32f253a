/** Reloads that somebody waits for: each settles when its processes serve the new revision, or when one of them has rejected it. */
import { fail } from '../errors.ts'
import { type Actual, generationsOf, historyOf, servingOf } from './reconciler/index.ts'

interface Reload {
  readonly names: readonly string[]
  readonly revisions: ReadonlyMap<string, string>
  readonly begunAt: number
  readonly resolve: (message: string) => void
  readonly reject: (error: Error) => void
}

export class Reloads {
  readonly #open = new Set<Reload>()
  /** Requests that were cut, by process, since its reload began. */
  readonly #cut = new Map<string, number>()

  /**
   * Resolves with what was done. `revisions`: what each process is to serve.
   * @throws SPY_PART_BUSY
   */
  begin(revisions: ReadonlyMap<string, string>, now: number): Promise<string> {
    const names = [...revisions.keys()]
    const busy = [...this.#open].flatMap((reload) => reload.names).find((name) => revisions.has(name))
    if (busy !== undefined) throw fail('SPY_PART_BUSY', [busy])
    for (const name of names) this.#cut.delete(name)
    return this.await(revisions, now)
  }

  /** The same without beginning anything: any number may wait for what the reconciler is doing anyway. */
  await(revisions: ReadonlyMap<string, string>, now: number): Promise<string> {
    const names = [...revisions.keys()]
    return new Promise((resolve, reject) => this.#open.add({ names, revisions, begunAt: now, resolve, reject }))
  }

  /** The plan has changed: who waits for a revision that is not wanted any more need not wait longer. */
  supersede(revisionOf: (name: string) => string | undefined): void {
    for (const reload of this.#open) {
      const other = reload.names.find((name) => revisionOf(name) !== reload.revisions.get(name))
      if (other !== undefined)
        this.#end(reload, () => reload.reject(fail('SPY_RELOAD_FAILED', [other, 'another change came before it was done'])))
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

/** The new generation serves, and the old one has ended. */
function isDone(name: string, { revisions }: Reload, actual: Actual): boolean {
  const serving = servingOf(actual, name)
  return serving?.process.revision === revisions.get(name) && generationsOf(actual, name).length === 1
}

function failureOf({ names, revisions, begunAt }: Reload, actual: Actual): Error | undefined {
  for (const name of names) {
    const { rejected, failures, failedAt, lastFailure } = historyOf(actual, name)
    if (rejected && rejected.revision === revisions.get(name)) return fail('SPY_RELOAD_FAILED', [name, rejected.reason])
    const hasFailed = failures > 0 && failedAt >= begunAt && !servingOf(actual, name)
    if (hasFailed) return fail('SPY_RELOAD_FAILED', [name, lastFailure ?? 'it exited'])
  }
  return undefined
}
