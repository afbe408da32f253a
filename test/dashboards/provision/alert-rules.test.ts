import { alertRules, prometheusRules, renderingsOf, shippedRules } from '@spyglass/dashboards'
import { expect, test } from 'vitest'

const expr = (name: string): string => prometheusRules().find((rule) => rule.name === name)?.prometheus.expr ?? ''
const grafana = (name: string, options = {}) => alertRules(options).find((rule) => rule.name === name)

test("the Prometheus rules name the metrics that the registry's declarations give", () => {
  expect(expr('PoolExhausted')).toContain('spyglass_datasource_waiting_borrowers > 0 and spyglass_datasource_active_connections')
  expect(expr('InstanceDown')).toContain('spyglass_instance_state{state=~"down|failed"}')
  expect(expr('ErrorRateHigh')).toBe(
    'increase(spyglass_instance_errors_total[5m]) / increase(spyglass_instance_requests_total[5m]) > 0.05 and increase(spyglass_instance_requests_total[5m]) >= 100',
  )
  expect(expr('GcTimeHigh')).toBe(
    'rate(spyglass_v8_heap_gc_time_seconds_total[2m]) > 0.2 unless (last_over_time(spyglass_v8_heap_gc_time_seconds_total[2m]) unless spyglass_v8_heap_gc_time_seconds_total and on (job, instance) up == 1)',
  )
  expect(expr('Overload')).toMatch(
    /^\(\((\w+) - min_over_time\(\1\[5m\]\) unless resets\(\1\[5m\]\) > 0\) or increase\(\1\[5m\]\)\) > 10 unless /,
  )
  expect(expr('ApplicationFailed')).toBe(
    'max without (state) (spyglass_application_state{state=~"failed"}) == 1 or (max without (state) (last_over_time(spyglass_application_state{state=~"failed"}[5m])) == 1 unless on (job, instance) up == 1)',
  )
})

test('thresholds are those of the configuration', () => {
  const options = { exhaustedAfterMs: 30_000, instanceDownAfterMs: 60_000 }
  expect(grafana('PoolExhausted', options)?.for).toBe('30s')
  expect(grafana('InstanceDown', options)?.evaluator).toEqual({ type: 'gt', params: [60] })
})

test('every rule is in each rendering, or it is said why not', () => {
  const [inGrafana, inPrometheus] = [alertRules(), prometheusRules()].map((rules) => new Set(rules.map(({ name }) => name)))
  for (const rule of shippedRules()) {
    const { grafana, prometheus } = renderingsOf(rule)
    expect([inGrafana!.has(rule.name), inPrometheus!.has(rule.name)]).toEqual(['rule' in grafana, 'rule' in prometheus])
    for (const one of [grafana, prometheus]) if ('cannot' in one) expect(one.cannot).not.toBe('')
  }
})

test('a rule of a user is rendered like the others', () => {
  const shipped = shippedRules().find(({ name }) => name === 'EventLoopBlocked')
  const own = { ...shipped!, name: 'MyRule', runbook: 'https://wiki.example/x' }
  expect(alertRules({ rules: [own] }).at(-1)).toMatchObject({ uid: 'spyglass-my-rule', annotations: { runbook: 'https://wiki.example/x' } })
})
