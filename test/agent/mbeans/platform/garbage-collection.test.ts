import { describe, expect, it } from 'vitest'
import { GARBAGE_COLLECTIONS, watchGarbageCollection } from '../../../../agent/mbeans/src/platform/garbage-collection.ts'
import { until } from '../../../support/until.ts'

describe('watchGarbageCollection', () => {
  it('counts collections and their time by kind', async () => {
    const watch = watchGarbageCollection()
    const kept: unknown[] = []
    await until(() => {
      for (let index = 0; index < 200_000; index++) kept[index % 1000] = { index }
      return Object.keys(GARBAGE_COLLECTIONS).some((name) => watch.totals(name).count > 0)
    })
    watch.stop()
    const name = Object.keys(GARBAGE_COLLECTIONS).find((each) => watch.totals(each).count > 0)
    expect(watch.totals(name!).timeMs).toBeGreaterThan(0)
  })

  it('knows nothing of other names', () => {
    const watch = watchGarbageCollection()
    watch.stop()
    expect(watch.totals('constructor')).toEqual({ count: 0, timeMs: 0 })
  })
})
