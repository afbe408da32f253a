/** Prometheus's own checker reads the metrics: syntax, help texts, base units, suffixes of counters. */
import { expect, test } from 'vitest'
import { allKinds, kindNamed } from '@spyglass/mbeans/kinds'
import { createRegistry } from '@spyglass/agent/registry'
import { prometheusText } from '@spyglass/mbeans/prometheus'
import { metricProblems } from '../../../support/promtool.ts'

test('promtool finds nothing wrong with the metrics of every kind, whatever their labels hold', async (context) => {
  const registry = createRegistry({ kindNamed })
  const resources = allKinds.flatMap((kind) =>
    ['plain', 'a "b" \\ c\nd', '连接池 é'].map((name) => ({
      kind: kind.name,
      keys: Object.fromEntries(kind.keys.map((key) => [key, name])),
      values: Object.fromEntries(Object.entries(kind.attributes).map(([attribute, { values }]) => [attribute, values?.[0] ?? 1.5])),
    })),
  )
  registry.adopt('test', { time: 0, resources })
  const text = await prometheusText(registry)
  expect(text.match(/^# TYPE /gm)?.length).toBeGreaterThan(80)
  expect(metricProblems(context, text)).toBe('')
})

test('promtool tells a metric that breaks the rules', (context) => {
  expect(metricProblems(context, '# TYPE wait_ms counter\nwait_ms 1\n')).toContain('wait_ms')
})
