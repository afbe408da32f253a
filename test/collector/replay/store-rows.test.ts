import { parseRecordings, type Recording } from '@spyglass/dashboards'
import { expect, test } from 'vitest'
import { firstRequestMs, metricInserts, requestInserts } from '../../../collector/src/replay/store-rows.ts'

const recorded = (text: string): Recording => parseRecordings(text).recordings[0]!
const BASE = Date.UTC(2030, 0, 1)

test('numbers are exported each ten seconds under the names and attributes of the agent', () => {
  const inserts = metricInserts(
    recorded(`
- it: one
  lasts: 10s
  resources:
    eventLoop process=shop-1: { delayP99: { 0s: 20 ms, 10s: 30 ms } }
    application instance=shop-1 name=shop: { state: started, refused: { 0s: gone, 10s: 4 } }
  events: { 5s: spyglass.instance.down instance name=shop-1 }
`),
    BASE,
  )
  expect(inserts).toEqual([
    "INSERT INTO spyglass.otel_metrics_gauge (ServiceName, ResourceAttributes, MetricName, Attributes, TimeUnix, Value) VALUES ('shop', map('service.instance.id', 'shop-1@9f8e7d6c'), 'nodejs.eventloop.delay.p99', map('process', 'shop-1'), '2030-01-01 00:00:00.000', 0.02), ('shop', map('service.instance.id', 'shop-1@9f8e7d6c'), 'nodejs.eventloop.delay.p99', map('process', 'shop-1'), '2030-01-01 00:00:10.000', 0.03)",
    expect.stringContaining("'spyglass.application.refused', map('instance', 'shop-1', 'name', 'shop'), '2030-01-01 00:00:10.000', 4)"),
    expect.stringContaining("'2030-01-01 00:00:05.000', 'spyglass.instance.down', 'spyglass:type=Instance,name=shop-1 raise', 'raise'"),
  ])
})

test('requests are rolled up by the minute, a row for each route', () => {
  const recording = recorded(`
- it: one
  lasts: 5m
  services:
    shop GET /cart:
      -1m: { requests: { 500 ms: 60, 2s: 6 }, errors: 6 }
      1m: { requests: {} }
`)
  expect(firstRequestMs(recording)).toBe(-60_000)
  const [insert = ''] = requestInserts(recording, BASE, { fromMs: -60_000, toMs: 30_000 })
  expect(insert.match(/\('2/g)).toHaveLength(2)
  expect(insert).toContain(
    "('2029-12-31 23:59:00', 'shop', 'shop-1@9f8e7d6c', 'GET /cart', 'Server', 'Unset', '0', 66, 6, 42000000000, 2000000000, map(-17, 60, 15, 6))",
  )
  expect(insert).toContain("('2030-01-01 00:00:00', 'shop', 'shop-1@9f8e7d6c', 'GET /cart', 'Server', 'Unset', '30000', 33, 3,")
  expect(requestInserts(recording, BASE, { fromMs: 90_000, toMs: 200_000 })).toEqual([])
})
