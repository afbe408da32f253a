import { alertRules } from '@spyglass/dashboards'
import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'

test("the Prometheus rules name the metrics that the registry's declarations give", () => {
  const [pool, instance] = alertRules()
  expect(pool!.prometheus.expr).toContain('spyglass_datasource_waiting_borrowers > 0 and spyglass_datasource_active_connections')
  expect(instance!.prometheus.expr).toContain('spyglass_instance_state{state=~"down|failed"}')
})

test('thresholds are those of the configuration', () => {
  const [pool, instance] = alertRules({ exhaustedAfterMs: 30_000, instanceDownAfterMs: 60_000 })
  expect([pool!.for, instance!.above]).toEqual(['30s', 60])
})

test('the rules of every rendering are those of the collector, by name', () => {
  const own = readdirSync(new URL('../../../collector/src/alert/rules/', import.meta.url)).map((file) => file.replace('.ts', ''))
  const names = alertRules().map(({ name }) => name.replaceAll(/(?<=[a-z])([A-Z])/g, '-$1').toLowerCase())
  expect(names).toEqual(expect.arrayContaining([...own, 'pool-exhausted', 'instance-down']))
})
