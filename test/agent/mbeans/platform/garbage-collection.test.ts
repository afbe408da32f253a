import { expect, test } from 'vitest'
import { GARBAGE_COLLECTIONS, collectionsOf } from '../../../../agent/mbeans/src/platform/garbage-collection.ts'
import { until } from '../../../support/until.ts'

test('collections and their time are told by the kinds of V8', async () => {
  const names = Object.keys(GARBAGE_COLLECTIONS)
  const before = new Map(names.map((name) => [name, collectionsOf(name)]))
  const kept: unknown[] = []
  const counted = await until(() => {
    for (let index = 0; index < 200_000; index++) kept[index % 1000] = { index }
    return names.find((name) => collectionsOf(name).count > (before.get(name)?.count ?? 0))
  })
  expect(collectionsOf(counted).timeMs).toBeGreaterThan(before.get(counted)?.timeMs ?? 0)
})

test('other names have none', () => {
  expect(collectionsOf('constructor')).toEqual({ count: 0, timeMs: 0 })
})
