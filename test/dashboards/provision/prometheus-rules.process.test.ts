import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { prometheusRules } from '@spyglass/dashboards'
import { renderProvisioning } from '../../../dashboards/src/provision/provisioning.ts'
import { requireTool } from '../../support/require-tool.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const { text: rules } = renderProvisioning(
  {
    url: 'http://127.0.0.1:8123',
    user: 'u',
    password: 'p',
    database: 'spyglass',
    owner: 'prometheus',
    instanceDownAfterMs: 15_000,
    exhaustedAfterMs: 10_000,
  },
  '/boards',
).find(({ path }) => path === 'prometheus/spyglass-rules.yaml')!

interface Case {
  readonly alert: string
  readonly scrapeSeconds: number
  /** Samples by series, one for each scrape, as promtool writes them: `_` is a scrape that failed. */
  readonly series: Readonly<Record<string, string>>
  /** Seconds at which the alert must not fire, and at which it must. */
  readonly silent: readonly number[]
  readonly firing: readonly number[]
  /** Labels of what fires. */
  readonly labels?: Readonly<Record<string, string>>
}

const target = { instance: '127.0.0.1:8778', job: 'spyglass' }
const seriesOf = (name: string, labels: Readonly<Record<string, string>>): string =>
  `${name}{${Object.entries({ ...target, ...labels })
    .map(([label, value]) => `${label}="${value}"`)
    .join(',')}}`
const stateSeries = (state: string) => seriesOf('spyglass_instance_state', { process: 'http-1', state })
const up = seriesOf('up', {})
const pool = (metric: string) => seriesOf(`spyglass_datasource_${metric}`, { process: 'http-1', name: 'shop' })

/** Runs promtool over these samples. It throws what promtool says when the rules do otherwise. */
function run(promtool: string, { alert, scrapeSeconds, series, silent, firing, labels = {} }: Case): string {
  const folder = tempFolder('promtool-')
  writeFileSync(join(folder, 'rules.yaml'), rules)
  const rule = (
    parse(rules) as { groups: [{ rules: { alert: string; labels: object; annotations: Record<string, string> }[] }] }
  ).groups[0].rules.find((each) => each.alert === alert)!
  const value = (text: string): string => text.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => labels[label] ?? '')
  const annotations = Object.fromEntries(Object.entries(rule.annotations).map(([name, text]) => [name, value(text)]))
  const expected = [{ exp_labels: { ...rule.labels, ...labels }, exp_annotations: annotations }]
  const test = {
    interval: `${scrapeSeconds}s`,
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    alert_rule_test: [
      ...silent.map((at) => ({ eval_time: `${at}s`, alertname: alert, exp_alerts: [] })),
      ...firing.map((at) => ({ eval_time: `${at}s`, alertname: alert, exp_alerts: expected })),
    ],
  }
  const file = join(folder, 'test.yaml')
  writeFileSync(file, JSON.stringify({ rule_files: ['rules.yaml'], evaluation_interval: '10s', tests: [test] }))
  return execFileSync(promtool, ['test', 'rules', file], { encoding: 'utf8', cwd: folder })
}

test('Prometheus accepts the rules', (context) => {
  const promtool = requireTool(context, 'promtool')
  const file = join(tempFolder('promtool-'), 'rules.yaml')
  writeFileSync(file, rules)
  expect(execFileSync(promtool, ['check', 'rules', file], { encoding: 'utf8' })).toContain(`${prometheusRules().length} rules found`)
  expect(prometheusRules().map(({ name }) => name)).toEqual(
    expect.arrayContaining(['PoolExhausted', 'InstanceDown', 'ErrorRateHigh', 'ServerDown']),
  )
})

test.for([15, 30, 60])(
  'at a scrape every %d s an instance that is down fires after its time, and stays while it is down',
  (scrapeSeconds, context) => {
    const promtool = requireTool(context, 'promtool')
    const at = (scrape: number, seconds = 0): number => scrape * scrapeSeconds + seconds
    // Up for two scrapes, down for ten of which two fail and five find it failed, then up.
    const down = '0 0 1 1 1 1 _ 0 0 _ 0 0 0 0 0 0 0'
    const failed = '0 0 0 0 0 0 _ 1 1 _ 1 1 0 0 0 0 0'
    expect(
      run(promtool, {
        alert: 'InstanceDown',
        scrapeSeconds,
        series: { [stateSeries('down')]: down, [stateSeries('failed')]: failed, [up]: '1x20' },
        silent: [at(0), at(1, 10), at(2), at(2, 10), at(12, 10), at(14)],
        firing: [at(2, 30), at(3, 20), at(4), at(5, 10), at(6), at(6, 10), at(7), at(9), at(9, 10), at(10), at(11, 10)],
        labels: { ...target, process: 'http-1' },
      }),
    ).toContain('SUCCESS')
  },
)

test.for([15, 30, 60])(
  'at a scrape every %d s the alert of an instance stays while the server cannot be scraped, and ends when the instance was removed',
  (scrapeSeconds, context) => {
    const promtool = requireTool(context, 'promtool')
    const at = (scrape: number): number => scrape * scrapeSeconds
    const common = { alert: 'InstanceDown', scrapeSeconds, labels: { ...target, process: 'http-1' } }
    const unreachable = { [stateSeries('down')]: '0 1 1 1 stale stale 1 0 0 0', [up]: '1 1 1 1 0 0 1 1 1 1' }
    expect(run(promtool, { ...common, series: unreachable, silent: [at(0), at(8)], firing: [at(3), at(4), at(5), at(6)] })).toContain(
      'SUCCESS',
    )
    const removed = { [stateSeries('down')]: '0 1 1 1 stale', [up]: '1x20' }
    expect(run(promtool, { ...common, series: removed, silent: [at(0), at(4), at(5)], firing: [at(3)] })).toContain('SUCCESS')
  },
)

test.for([15, 30, 60])(
  'at a scrape every %d s a server that is gone fires, whether it does not answer or nobody scrapes it',
  (scrapeSeconds, context) => {
    const promtool = requireTool(context, 'promtool')
    const from = 4 * scrapeSeconds
    const common = { alert: 'ServerDown', scrapeSeconds, silent: [0, from, from + 50] }
    expect(
      run(promtool, { ...common, series: { [up]: '1 1 1 1 0x40' }, firing: [from + 70, from + 300, from + 500], labels: target }),
    ).toContain('SUCCESS')
    // A target that vanishes is remembered for five minutes.
    expect(
      run(promtool, { ...common, series: { [up]: '1 1 1 1' }, firing: [from + 400, from + 900], labels: { job: 'spyglass' } }),
    ).toContain('SUCCESS')
    const age = seriesOf('spyglass_push_age_seconds', { process: 'keeper' })
    expect(
      run(promtool, {
        ...common,
        series: { [up]: '1x60', [age]: '1 1 1 1 60x40' },
        firing: [from + 70, from + 300],
        labels: { ...target, process: 'keeper' },
      }),
    ).toContain('SUCCESS')
  },
)

test.for([15, 30, 60])('at a scrape every %d s an exhausted pool fires with its names', (scrapeSeconds, context) => {
  const promtool = requireTool(context, 'promtool')
  expect(
    run(promtool, {
      alert: 'PoolExhausted',
      scrapeSeconds,
      series: { [pool('waiting_borrowers')]: '0 0 3x20', [pool('active_connections')]: '1 4x20', [pool('max_connections')]: '4x20' },
      silent: [scrapeSeconds, 2 * scrapeSeconds],
      firing: [2 * scrapeSeconds + 20, 8 * scrapeSeconds],
      labels: { ...target, process: 'http-1', name: 'shop', pool: 'shop' },
    }),
  ).toContain('SUCCESS')
})

const loop = seriesOf('spyglass_event_loop_delay_p99_seconds', { process: 'http-1' })
const heap = (metric: string) => seriesOf(`spyglass_v8_heap_${metric}_bytes`, { process: 'http-1' })
const restarts = seriesOf('spyglass_instance_restarts_total', { process: 'http-1' })
const state = (name: string) => seriesOf('spyglass_application_state', { process: 'http-1', name: 'shop', state: name })

test.for([15, 30, 60])(
  'at a scrape every %d s declared rules fire on data on which they must, and not on other',
  (scrapeSeconds, context) => {
    const promtool = requireTool(context, 'promtool')
    const at = (scrape: number): number => scrape * scrapeSeconds
    const process = { ...target, process: 'http-1' }
    const expectSuccess = (one: Omit<Case, 'scrapeSeconds'>) => expect(run(promtool, { ...one, scrapeSeconds })).toContain('SUCCESS')
    const lasting = { silent: [at(2), at(3) + 50], firing: [at(3) + 70, at(20)], labels: process }
    expectSuccess({ alert: 'EventLoopBlocked', series: { [loop]: '0.5 0.5 0.5 0.51x40' }, ...lasting })
    expectSuccess({ alert: 'HeapNearLimit', series: { [heap('used')]: '90 90 90 91x40', [heap('limit')]: '100x43' }, ...lasting })
    expectSuccess({
      alert: 'ApplicationFailed',
      series: { [state('failed')]: '0 0 1 1 _ 1 0', [state('started')]: '1 1 0 0 _ 0 1' },
      silent: [at(1), at(6)],
      firing: [at(2) + 10, at(4), at(5)],
      labels: { ...process, name: 'shop' },
    })
    expectSuccess({ alert: 'InstanceFlapping', series: { [restarts]: '5x20' }, silent: [at(10), at(20)], firing: [] })
    expectSuccess({
      alert: 'InstanceFlapping',
      series: { [restarts]: '5 5 6 7 8 9x20' },
      silent: [at(1)],
      firing: [at(10)],
      labels: process,
    })
  },
)
