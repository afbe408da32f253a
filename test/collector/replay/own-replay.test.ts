import { parseRecordings, type Recording, shippedRules } from '@spyglass/dashboards'
import { SpyglassConfig } from '@spyglass/process/config'
import { createLogger } from '@spyglass/process/logger'
import { expect, test } from 'vitest'
import { OwnReplay } from '../../../collector/src/replay/own-replay.ts'
import type { QueryClient } from '../../../collector/src/query/index.ts'

const logger = createLogger({ process: 'test', level: 'silent' })
const { alerting } = SpyglassConfig.parse({})
const recorded = (text: string): Recording => parseRecordings(text).recordings[0]!
const none: QueryClient = { rows: async () => [], stop: async () => {} }

async function firing(name: string, recording: Recording, query = none): Promise<readonly number[]> {
  const rule = shippedRules().find((one) => one.name === name)!
  const replay = new OwnReplay({ rule, recording, alerting, query, baseMs: 1_000_000_000_000, logger })
  const counts: number[] = []
  for (let atMs = 0; atMs <= recording.lastsMs; atMs += 10_000) counts.push(await replay.look(atMs))
  replay.stop()
  return counts
}

test('a rule over numbers fires after its time, by the clock of the recording', async () => {
  const recording = recorded(`
- it: one
  lasts: 2m
  resources:
    eventLoop process=shop-1: { delayP99: { 0s: 20 ms, 20s: 700 ms } }
`)
  expect(await firing('EventLoopBlocked', recording)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
})

test('a rule about an event fires from its raise to its clear', async () => {
  const recording = recorded(`
- it: one
  lasts: 60s
  events:
    10s: spyglass.pool.exhausted datasource instance=shop-1 name=orders
    30s: spyglass.pool.recovered datasource instance=shop-1 name=orders
    50s: spyglass.pool.exhausted datasource instance=shop-1 name=orders
`)
  expect(await firing('PoolExhausted', recording)).toEqual([0, 1, 1, 0, 0, 1, 1])
})

test('a query that fails is what the test found', async () => {
  const failing: QueryClient = { ...none, rows: async () => Promise.reject(new TypeError('no such table')) }
  await expect(firing('LatencyHigh', recorded('[{ it: one, lasts: 1m }]'), failing)).rejects.toThrow('no such table')
})
