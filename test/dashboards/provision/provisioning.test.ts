import { alertRules, prometheusRules } from '@spyglass/dashboards'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { type ProvisioningOptions, renderProvisioning } from '../../../dashboards/src/provision/provisioning.ts'

const options: ProvisioningOptions = {
  url: 'https://clickhouse.example/prefix',
  user: 'spyglass_ro',
  password: `pa$$w"ord: 'x'`,
  database: 'spyglass',
  owner: 'spyglass',
  instanceDownAfterMs: 20_000,
  exhaustedAfterMs: 10_000,
}

interface Rule {
  title: string
  for: string
  isPaused: boolean
  labels: object
  annotations: { summary: string; runbook: string }
  data: { model: { rawSql: string; conditions: { evaluator: { params: number[] } }[] } }[]
}

function file(path: string, changes: Partial<ProvisioningOptions> = {}): unknown {
  const found = renderProvisioning({ ...options, ...changes }, '/data/grafana/boards').find((each) => each.path === path)
  return found && parse(found.text)
}

/** What Grafana makes of a value: it expands `$NAME` and reads `$$` as one dollar sign. */
const expanded = (text: string): string => text.replaceAll('$$', '$')

test('the data source speaks HTTP to the store with the reader, by a fixed id', () => {
  const { datasources } = file('datasources/spyglass.yaml') as { datasources: [{ jsonData: object; secureJsonData: { password: string } }] }
  expect(datasources[0]).toMatchObject({
    uid: 'spyglass-clickhouse',
    type: 'grafana-clickhouse-datasource',
    jsonData: {
      protocol: 'http',
      host: 'clickhouse.example',
      port: 443,
      path: '/prefix',
      secure: true,
      username: 'spyglass_ro',
      defaultDatabase: 'spyglass',
      traces: { defaultTable: 'otel_traces', otelEnabled: true },
      logs: { defaultTable: 'otel_logs', otelEnabled: true },
    },
  })
  expect(expanded(datasources[0].secureJsonData.password)).toBe(options.password)
})

test('only the file with the password is marked secret', () => {
  const files = renderProvisioning(options, '/boards')
  expect(files.filter(({ secret }) => secret).map(({ path }) => path)).toEqual(['datasources/spyglass.yaml'])
  expect(files.filter(({ text }) => text.includes('spyglass_ro'))).toHaveLength(1)
})

test('the provider points to the boards', () => {
  expect(file('dashboards/spyglass.yaml')).toMatchObject({ providers: [{ type: 'file', options: { path: '/data/grafana/boards' } }] })
})

test('only the owner of alerting pages: the rules of the others are paused', () => {
  const paused = (changes: Partial<ProvisioningOptions>) =>
    (file('alerting/spyglass.yaml', changes) as { groups: [{ rules: Rule[] }] }).groups[0].rules.map(({ isPaused }) => isPaused)
  expect(paused({}).length).toBeGreaterThanOrEqual(9)
  expect([new Set(paused({})), new Set(paused({ owner: 'prometheus' }))]).toEqual([new Set([true]), new Set([true])])
  expect(new Set(paused({ owner: 'grafana' }))).toEqual(new Set([false]))
  expect(file('prometheus/spyglass-rules.yaml')).toBeUndefined()
  expect(file('prometheus/spyglass-rules.yaml', { owner: 'prometheus' })).toBeDefined()
})

test('Grafana and Prometheus get the same rules, with a severity, a text and a runbook', () => {
  const { rules } = (file('alerting/spyglass.yaml') as { groups: [{ rules: Rule[] }] }).groups[0]
  const prometheus = (
    file('prometheus/spyglass-rules.yaml.paused') as { groups: [{ rules: { alert: string; for: string; labels: object }[] }] }
  ).groups[0].rules
  expect(rules.map(({ title }) => title)).toEqual(alertRules().map(({ name }) => name))
  expect(prometheus.map(({ alert }) => alert)).toEqual(prometheusRules().map(({ name }) => name))
  const shared = prometheus.flatMap((one) => rules.filter(({ title }) => title === one.alert).map((other) => [one.labels, other.labels]))
  expect(shared.length).toBeGreaterThanOrEqual(7)
  for (const [one, other] of shared) expect(one).toEqual(other)
  for (const { annotations, labels } of rules) {
    expect(annotations.summary).toMatch(/\{\{ \$labels\.\w+ \}\}/)
    expect(annotations.runbook).toMatch(/^docs\/runbooks\/[\w-]+\.md$/)
    expect(labels).toHaveProperty('severity')
  }
})

test("a rule's query keeps its macros, uses none of the front end's, and its threshold follows the configuration", () => {
  const { rules } = (file('alerting/spyglass.yaml') as { groups: [{ rules: Rule[] }] }).groups[0]
  for (const { data } of rules) {
    expect(data[0]!.model.rawSql).toMatch(/\$__timeFilter_ms\(|\$__fromTime/)
    expect(data[0]!.model.rawSql).not.toMatch(/\$__conditionalAll|\$\{/)
  }
  const instanceDown = rules.find(({ title }) => title === 'InstanceDown')!
  expect(instanceDown.data[1]!.model.conditions[0]!.evaluator.params).toEqual([20])
})
