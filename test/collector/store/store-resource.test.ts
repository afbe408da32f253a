import { allKinds } from '@spyglass/mbeans/kinds'
import { createRegistry } from '@spyglass/agent/registry'
import { expect, test } from 'vitest'
import type { Store } from '../../../collector/src/store/store.ts'
import { registerStore } from '../../../collector/src/store/store-resource.ts'

test('every attribute of the store has its figure', () => {
  const registry = createRegistry({ kindNamed: (name) => allKinds.find((kind) => kind.name === name) })
  const store = {
    engineVersion: '26.7',
    writer: { segmentsInserted: 5 },
    size: () => ({ rows: 6, bytesOnDisk: 7, parts: 8, failure: undefined }),
    running: () => 9,
    queued: () => 10,
  } as Store
  registerStore(registry, store, { queries: 1, failed: 2, refused: 3 })
  expect(registry.snapshot().resources).toEqual([
    {
      kind: 'store',
      keys: { name: 'store' },
      values: {
        name: 'store',
        engineVersion: '26.7',
        queries: 1,
        queriesFailed: 2,
        queriesRefused: 3,
        queriesRunning: 9,
        queriesQueued: 10,
        segmentsInserted: 5,
        rows: 6,
        bytesOnDisk: 7,
        parts: 8,
      },
    },
  ])
})
