import { createRegistry } from '@spyglass/agent/registry'
import { parseRecordings, type Recording, renderPrometheusRules } from '@spyglass/dashboards'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { prometheusText } from '@spyglass/mbeans/prometheus'
import { expect, test } from 'vitest'
import { replayInPrometheus, seriesOf } from '../../../collector/src/replay/prometheus-replay.ts'
import { resourcesAt } from '../../../collector/src/replay/recorded-state.ts'
import { requireTool } from '../../support/require-tool.ts'

const recorded = (text: string): Recording => parseRecordings(text).recordings[0]!

const blocked = recorded(`
- it: one
  lasts: 6m
  resources:
    instance name=shop-1: { state: ready, uptime: 1500 ms, requests: 7 }
    eventLoop process=shop-1: { delayP99: { 0s: 20 ms, 1m: 750 ms, 5m: gone } }
    v8Heap process=shop-1: { used: 5 MiB, gcTime: 2 s }
`)

test('a scrape has the names, labels and values that management answers with', async () => {
  const registry = createRegistry({ kindNamed })
  registry.adopt('all', { time: Date.now(), resources: resourcesAt(blocked, 0) })
  const answered = (await prometheusText(registry)).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const series = seriesOf(blocked, 60)
  const ours = [...series].filter(([name]) => !name.startsWith('up')).map(([name, values]) => `${name} ${values[0]}`)
  const bare = (line: string): string => line.replace('instance="127.0.0.1:8778",job="spyglass",', '')
  expect(ours.map(bare).toSorted()).toEqual(answered.toSorted())
})

test('what a scrape no longer has is stale once, and then missing', () => {
  const values = seriesOf(blocked, 60).get(
    'spyglass_event_loop_delay_p99_seconds{instance="127.0.0.1:8778",job="spyglass",process="shop-1"}',
  )
  expect(values).toEqual(['0.02', '0.75', '0.75', '0.75', '0.75', 'stale', '_'])
})

test('promtool says where a rule does otherwise, and nothing where it does not', async (context) => {
  requireTool(context, 'promtool')
  const timeline = (fromMs: number, toMs: number) =>
    Array.from({ length: 37 }, (_, at) => ({ atMs: at * 10_000, firing: at * 10_000 >= fromMs && at * 10_000 < toMs ? 1 : 0 }))
  const common = { rule: 'EventLoopBlocked', recording: blocked, scrapeSeconds: 15 }
  const failures = await replayInPrometheus(
    (rule) => renderPrometheusRules({}, rule),
    [
      { ...common, name: 'right', expected: timeline(120_000, 360_000) },
      { ...common, name: 'wrong', expected: timeline(180_000, 360_000) },
    ],
  )
  expect([...failures]).toEqual([['wrong', expect.stringMatching(/^at 2m\d*s?: expected none, got 1$/)]])
})

test('rules that Prometheus does not accept are a coded error', async (context) => {
  requireTool(context, 'promtool')
  await expect(
    replayInPrometheus(() => 'groups: 1', [{ name: 'a', rule: 'A', recording: blocked, scrapeSeconds: 15, expected: [] }]),
  ).rejects.toMatchObject({ code: 'SPY_PROMTOOL_FAILED' })
})
