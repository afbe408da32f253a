/** Recordings in Prometheus: promtool plays the series of a scrape through the rules, and says where they fire and should not. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  codeOf,
  isMetric,
  isStateSet,
  messageOf,
  prometheusFactor,
  prometheusLabels,
  prometheusNameOf,
  type ResourceSnapshot,
  snakeCase,
} from '@spyglass/agent/contract'
import { durationOf, kindOf, type Recording } from '@spyglass/dashboards'
import { fail } from './errors.ts'
import { resourcesAt } from './recorded-state.ts'
import { firstRequestMs } from './store-rows.ts'
import { steadyAt, type Timeline, timeText } from './timeline.ts'

export const SCRAPES_SECONDS = [15, 30, 60] as const
/** How often Prometheus judges the group of our rules. */
const EVALUATE_SECONDS = 10

export interface PrometheusCase {
  /** Unique among the cases. */
  readonly name: string
  /** Name of the rule. */
  readonly rule: string
  readonly recording: Recording
  readonly scrapeSeconds: number
  /** When it should fire. */
  readonly expected: Timeline
}

/**
 * What promtool has to say about each case that went otherwise, by its name. Each rule is alone in its file: promtool judges all of a file at
 * each look. @throws SPY_PROMTOOL_MISSING, SPY_PROMTOOL_FAILED
 */
export async function replayInPrometheus(
  rulesTextOf: (rule: string) => string,
  cases: readonly PrometheusCase[],
): Promise<ReadonlyMap<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'spyglass-promtool-'))
  try {
    const byRule = [...Map.groupBy(cases, ({ rule }) => rule)]
    for (const [rule, own] of byRule) {
      await writeFile(join(folder, `${rule}.rules.yaml`), rulesTextOf(rule))
      const test = { rule_files: [`${rule}.rules.yaml`], evaluation_interval: `${EVALUATE_SECONDS}s`, tests: own.map(testOf) }
      await writeFile(join(folder, `${rule}.yaml`), JSON.stringify(test)) // JSON is YAML
    }
    const files = byRule.map(([rule]) => `${rule}.yaml`)
    return failuresIn(await promtool(folder, files), cases)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function testOf({ name, rule, recording, scrapeSeconds, expected }: PrometheusCase): object {
  const intervalMs = Math.max(scrapeSeconds, EVALUATE_SECONDS) * 1000
  const looks = expected.flatMap(({ atMs }) => {
    const firing = steadyAt(expected, atMs - intervalMs, atMs + intervalMs)
    return firing === undefined || atMs < recording.fromMs ? [] : [{ atMs, firing }]
  })
  const beginMs = beginOf(recording)
  return {
    interval: `${scrapeSeconds}s`,
    input_series: [...seriesOf(recording, scrapeSeconds)].map(([series, values]) => ({ series, values: values.join(' ') })),
    promql_expr_test: looks.map(({ atMs, firing }) => ({
      // The last matcher is always true: promtool names a case by its expression alone.
      expr: `count(ALERTS{alertname="${rule}",alertstate="firing",case!="${name}"})`,
      eval_time: `${(atMs - beginMs) / 1000}s`,
      exp_samples: firing === 0 ? [] : [{ labels: '{}', value: firing }],
    })),
  }
}

/** What windows look back at is part of the series. */
const beginOf = (recording: Recording): number => Math.floor(firstRequestMs(recording) / 60_000) * 60_000

const TARGET = { instance: '127.0.0.1:8778', job: 'spyglass' }

/** The values of each series, one for each scrape, as promtool writes them: `_` is none, `stale` what a scrape no longer has. */
export function seriesOf(recording: Recording, scrapeSeconds: number): ReadonlyMap<string, readonly string[]> {
  const series = new Map<string, string[]>()
  const beginMs = beginOf(recording)
  const scrapes = Math.floor((recording.lastsMs - beginMs) / 1000 / scrapeSeconds)
  for (let scrape = 0; scrape <= scrapes; scrape++) {
    const found = new Map(resourcesAt(recording, beginMs + scrape * scrapeSeconds * 1000).flatMap(samplesOf))
    found.set(seriesName('up', {}), 1)
    for (const [name, value] of found) if (!series.has(name)) series.set(name, [...Array<string>(scrape).fill('_'), String(value)])
    for (const [name, values] of series) if (values.length === scrape) values.push(nextOf(found.get(name), values.at(-1)))
  }
  return series
}

function nextOf(value: number | undefined, before: string | undefined): string {
  if (value !== undefined) return String(value)
  return before === '_' || before === 'stale' ? '_' : 'stale'
}

function samplesOf({ kind: kindName, keys, values }: ResourceSnapshot): readonly (readonly [string, number])[] {
  const kind = kindOf(kindName)
  if (!kind) return []
  const labels = prometheusLabels(kind, keys)
  return Object.entries(values).flatMap(([attribute, value]) => {
    const declared = kind.attributes[attribute]
    if (!declared) return []
    const name = prometheusNameOf(kind, attribute)
    if (isMetric(kind, attribute)) return [[seriesName(name, labels), Number(value) * prometheusFactor(declared)] as const]
    if (!isStateSet(kind, attribute)) return []
    return (declared.values ?? []).map(
      (state) => [seriesName(name, { ...labels, [snakeCase(attribute)]: state }), state === value ? 1 : 0] as const,
    )
  })
}

const seriesName = (name: string, labels: Readonly<Record<string, string>>): string =>
  `${name}{${Object.entries({ ...TARGET, ...labels })
    .map(([label, value]) => `${label}=${JSON.stringify(value)}`)
    .join(',')}}`

const WITHIN_MS = 300_000
/** Of what it says about rules that it does not accept. */
const MAX_SAID = 2000
const MAX_OUTPUT = 64 * 1024 ** 2

/** What it says; nothing when all is well. */
function promtool(folder: string, files: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      'promtool',
      ['test', 'rules', ...files],
      { cwd: folder, timeout: WITHIN_MS, maxBuffer: MAX_OUTPUT },
      (error, stdout, stderr) => {
        const said = `${stdout}${stderr}`
        if (!error || said.includes('FAILED')) resolve(error ? said : '')
        else if (codeOf(error) === 'ENOENT') reject(fail('SPY_PROMTOOL_MISSING', [], error))
        else reject(fail('SPY_PROMTOOL_FAILED', [said.trim().slice(0, MAX_SAID) || messageOf(error)], error))
      },
    )
  })
}

/** The first thing that went otherwise in each case: its time, and what was expected. */
function failuresIn(said: string, cases: readonly PrometheusCase[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const one of said.split('    expr: ').slice(1)) {
    const [, name = ''] = /case!=\\"([^\\]+)\\"/.exec(one) ?? []
    if (!found.has(name)) found.set(name, toldOf(one, cases.find((each) => each.name === name)?.recording))
  }
  if (said !== '' && found.size === 0) throw fail('SPY_PROMTOOL_FAILED', [said.trim().slice(0, MAX_SAID)])
  return found
}

function toldOf(said: string, recording: Recording | undefined): string {
  const seconds = durationOf(/time: ([^,\s]+),/.exec(said)?.[1] ?? '') ?? 0
  const [expected, got] = ['exp', 'got'].map((word) => countIn(new RegExp(`${word}: ?(.*)`).exec(said)?.[1]))
  return `at ${timeText(seconds + (recording ? beginOf(recording) : 0))}: expected ${expected}, got ${got}`
}

const countIn = (text: string | undefined): string => /\} ([\d.eE+]+)/.exec(text ?? '')?.[1]?.replace(/E\+00$/, '') ?? 'none'
