import { alertRules } from '@spyglass/dashboards'
import { expect, test } from 'vitest'

test("the Prometheus rules name the metrics that the registry's declarations give", () => {
  const [pool, instance] = alertRules()
  expect(pool!.promql).toContain('spyglass_datasource_waiting_borrowers > 0 and spyglass_datasource_active_connections')
  expect(instance!.promql).toContain('spyglass_instance_state{state="down"}')
})

test('thresholds are those of the configuration', () => {
  const [pool, instance] = alertRules({ exhaustedAfterMs: 30_000, instanceDownAfterMs: 60_000 })
  expect([pool!.for, instance!.above]).toEqual(['30s', 60])
})
