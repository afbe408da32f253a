import { expect, test } from 'vitest'
import { openReplayStore } from '../../../collector/src/replay/replay-store.ts'

test('its tables are those of a server, and so are its queries', async () => {
  const store = await openReplayStore()
  await store.run(
    "INSERT INTO spyglass.red_1m (Minute, ServiceName, Instance, SpanName, SpanKind, Requests, Errors, Buckets) VALUES ('2030-01-01 00:00:00', 'shop', 'shop-1@1', 'GET /', 'Server', 9007199254740000, 2, map(0, 10))",
  )
  const parameters = { from: '2030-01-01 00:00:00.000', to: '2030-01-01 00:05:00.000', service: '', limit: 10 }
  expect(await store.rows('services', { parameters })).toMatchObject([{ service: 'shop', requests: 9_007_199_254_740_000, errors: 2 }])
  expect(await store.rows('services', { parameters: { ...parameters, from: '2030-01-01 00:01:00.000' } })).toEqual([])
  expect(await store.select('SELECT count() AS count FROM events')).toEqual([{ count: 0 }])
  await store.stop()
})
