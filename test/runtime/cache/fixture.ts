/** A cache with a clock that tests move. */
import type { CacheConfig } from '@spyglass/process/checked-config'
import { Cache } from '../../../runtime/src/cache/cache.ts'
import { checkedSettings } from '../../../runtime/src/cache/cache-settings.ts'
import { Engine, type EngineOptions } from '../../../runtime/src/cache/engine.ts'
import { ToldPurges } from '../../../runtime/src/cache/told-purges.ts'
import { ManualClock } from '../datasource/fixture.ts'

export function openCache(settings: Partial<CacheConfig> = {}, options: EngineOptions = {}) {
  const clock = new ManualClock()
  let config = checkedSettings('shop', settings)
  const engine = new Engine(() => config, { clock, ...options })
  const told = new ToldPurges({ config: () => config, clock, onFailure: () => {} })
  return {
    clock,
    engine,
    cache: new Cache(engine, told),
    configure: (changed: Partial<CacheConfig>) => {
      config = { ...config, ...changed }
      engine.configure()
    },
    [Symbol.dispose]: () => engine.close(),
  }
}

/** A load that the test ends; it counts how often it was begun. */
export function heldLoad<T>() {
  const begun: PromiseWithResolvers<T>[] = []
  const load = (): Promise<T> => {
    const one = Promise.withResolvers<T>()
    begun.push(one)
    return one.promise
  }
  return { load, begun }
}

/** Lets promises that are settled go on. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
