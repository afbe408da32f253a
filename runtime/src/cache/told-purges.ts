/** Tells a CDN or proxy before the server what was purged: a URL of the configuration, or a function of the application. What it does not take is told again later. */
import { messageOf } from '@spyglass/agent/contract'
import type { CacheConfig } from '@spyglass/process/checked-config'
import type { Clock } from '../clock/index.ts'
import { fail } from './errors.ts'
import type { Purge } from './flights.ts'
import { inBackground, loadInTime } from './load-in-time.ts'
import { UntoldPurges } from './untold-purges.ts'

/** What was purged of pages. */
export interface PagePurge {
  readonly paths?: readonly string[]
  readonly tags?: readonly string[]
  readonly all?: true
}

export type PurgeListener = (purge: PagePurge) => unknown

export interface ToldPurgesOptions {
  readonly config: () => CacheConfig
  readonly clock: Clock
  readonly onFailure: (error: Error) => void
}

const ANSWER_MS = 5000
const AGAIN_MS = 5000
const late = (): Error => new Error(`no answer within ${ANSWER_MS} ms`)

export class ToldPurges {
  readonly #options: ToldPurgesOptions
  readonly #untold = new UntoldPurges()
  #listener: PurgeListener | undefined
  #isTelling = false
  #isStopped = false
  #stopWaiting = (): void => {}

  constructor(options: ToldPurgesOptions) {
    this.#options = options
  }

  /** There is one for each cache of a process. */
  set listener(listener: PurgeListener) {
    this.#listener = listener
  }

  /** Keys are of values, which nobody outside has. */
  add({ tags = [], all }: Purge): void {
    const isHeard = this.#listener !== undefined || this.#options.config().purgeUrl !== undefined
    if (!isHeard || (tags.length === 0 && !all)) return
    this.#untold.add({ tags, ...(all ? { all } : {}) })
    if (!this.#isTelling) inBackground(() => this.#tell())
  }

  stop(): void {
    this.#isStopped = true
    this.#stopWaiting()
  }

  /** One after the other, so that what comes meanwhile is told together. */
  async #tell(): Promise<void> {
    this.#isTelling = true
    this.#stopWaiting()
    for (let purge = this.#untold.take(); purge; purge = this.#untold.take()) {
      try {
        await this.#told(pagePurgeOf(purge))
      } catch (error) {
        this.#untold.add(purge)
        this.#options.onFailure(error as Error)
        if (!this.#isStopped) this.#stopWaiting = this.#options.clock.after(AGAIN_MS, () => inBackground(() => this.#tell()))
        break
      }
    }
    this.#isTelling = false
  }

  /** @throws SPY_CACHE_PURGE_URL */
  async #told(purge: PagePurge): Promise<void> {
    const { name, purgeUrl, purgeToken } = this.#options.config()
    try {
      await loadInTime(() => this.#listener?.(purge), { timeoutMs: ANSWER_MS, late }, this.#options.clock)
      if (purgeUrl !== undefined) await post(purgeUrl, purgeToken, purge)
    } catch (error) {
      throw fail('SPY_CACHE_PURGE_URL', [name, purgeUrl ?? 'the function of the application', messageOf(error)], error)
    }
  }
}

/** A tag with a slash in front is the path of a page. */
function pagePurgeOf({ tags = [], all }: Purge): PagePurge {
  if (all) return { all }
  const [paths, others] = [tags.filter((tag) => tag.startsWith('/')), tags.filter((tag) => !tag.startsWith('/'))]
  return { ...(paths.length === 0 ? {} : { paths }), ...(others.length === 0 ? {} : { tags: others }) }
}

class Refused extends Error {}

async function post(url: string, token: string | undefined, purge: PagePurge): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(purge),
    redirect: 'error',
    signal: AbortSignal.timeout(ANSWER_MS),
  })
  await answer.body?.cancel()
  if (!answer.ok) throw new Refused(`status ${answer.status}`)
}
