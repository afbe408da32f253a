/**
 * Plays the recorded incidents of rules through our evaluator, Grafana's query on the engine and Prometheus, and compares when each fires and
 * clears. Recordings lie days apart, so that one store holds all of them and no query finds the rows of another.
 */
import {
  type AlertRule,
  type AlertRuleOptions,
  alertRules,
  type Recording,
  renderingsOf,
  renderPrometheusRules,
  type Rule,
} from '@spyglass/dashboards'
import type { SpyglassConfig } from '@spyglass/process/config'
import type { Logger } from '@spyglass/process/logger'
import { GRAFANA_EVERY_MS, GrafanaReplay } from './grafana-replay.ts'
import { OwnReplay } from './own-replay.ts'
import { type PrometheusCase, replayInPrometheus, SCRAPES_SECONDS } from './prometheus-replay.ts'
import { openReplayStore, type ReplayStore } from './replay-store.ts'
import { firstRequestMs, metricInserts, requestInserts } from './store-rows.ts'
import { disagreementOf, spansText, type Timeline, timeText } from './timeline.ts'

export interface TestedRule {
  readonly rule: Rule
  readonly recordings: readonly Recording[]
}

export interface RuleTestOptions {
  readonly tested: readonly TestedRule[]
  /** Rules beside the shipped ones. */
  readonly own: readonly Rule[]
  readonly alerting: SpyglassConfig['alerting']
  readonly logger: Logger
  readonly withPrometheus: boolean
}

/** What became of one recording. */
export interface Verdict {
  readonly rule: string
  readonly it: string
  /** When our evaluator fires: `3m10s..7m`, `never`. */
  readonly fires: string
  /** What each engine does otherwise; empty when all agree. */
  readonly problems: readonly string[]
  /** Engines that cannot have the rule, with the reason. */
  readonly cannot: readonly string[]
}

interface Played extends Verdict {
  readonly recording: Recording
  readonly own: Timeline
}

/** Our rules are looked at as often as this, at most. */
const STEP_MS = 10_000
const APART_MS = 10 * 86_400_000
/** Time 0 of the first recording. */
const FIRST_MS = Date.UTC(2030, 0, 1)

/** @throws SPY_PROMTOOL_MISSING, SPY_PROMTOOL_FAILED */
export async function testRules(options: RuleTestOptions): Promise<readonly Verdict[]> {
  const played = await playAll(options)
  const failures = options.withPrometheus ? await prometheusFailures(options, played) : new Map<Played, readonly string[]>()
  return played.map((one) => {
    const { rule, it, fires, cannot } = one
    return { rule, it, fires, cannot, problems: [...one.problems, ...(failures.get(one) ?? [])] }
  })
}

async function playAll(options: RuleTestOptions): Promise<readonly Played[]> {
  const store = await openReplayStore()
  const inGrafana = new Map(alertRules(renderOptions(options)).map((rule) => [rule.name, rule]))
  try {
    const played: Played[] = []
    for (const { rule, recordings } of options.tested)
      for (const recording of recordings) {
        const baseMs = FIRST_MS + played.length * APART_MS
        played.push(await play(rule, recording, { ...options, store, baseMs, inGrafana: inGrafana.get(rule.name) }))
      }
    return played
  } finally {
    await store.stop()
  }
}

interface PlayOptions extends RuleTestOptions {
  readonly store: ReplayStore
  readonly baseMs: number
  readonly inGrafana: AlertRule | undefined
}

async function play(rule: Rule, recording: Recording, options: PlayOptions): Promise<Played> {
  const { own, grafana, everyMs } = await timelinesOf(rule, recording, options)
  const problems = [
    problemOf('it', own, { expected: recordedTimeline(recording, own), intervalMs: everyMs }),
    problemOf('Grafana', grafana, { expected: own, intervalMs: Math.max(everyMs, GRAFANA_EVERY_MS) }),
  ]
  const rendered = renderingsOf(rule)
  const cannot = [
    ...('cannot' in rendered.grafana ? [`not in Grafana: ${rendered.grafana.cannot}`] : []),
    ...('cannot' in rendered.prometheus ? [`not in Prometheus: ${rendered.prometheus.cannot}`] : []),
  ]
  return {
    rule: rule.name,
    it: recording.it,
    fires: spansText(own),
    recording,
    own,
    cannot,
    problems: problems.flatMap((one) => one ?? []),
  }
}

interface Timelines {
  readonly own: Timeline
  /** Empty when it cannot have the rule. */
  readonly grafana: Timeline
  readonly everyMs: number
}

async function timelinesOf(
  rule: Rule,
  recording: Recording,
  { store, baseMs, inGrafana, alerting, logger }: PlayOptions,
): Promise<Timelines> {
  const own = new OwnReplay({ rule, recording, alerting, query: store, baseMs, logger })
  const grafana = inGrafana && new GrafanaReplay(inGrafana, (sql) => store.select(sql))
  const looks: { atMs: number; firing: number }[] = []
  const grafanaLooks: { atMs: number; firing: number }[] = []
  if (inGrafana || recording.routes.length > 0) for (const sql of metricInserts(recording, baseMs)) await store.run(sql)
  let inserted = firstRequestMs(recording)
  for (let atMs = 0; atMs <= recording.lastsMs; atMs += STEP_MS) {
    for (const sql of requestInserts(recording, baseMs, { fromMs: inserted, toMs: atMs })) await store.run(sql)
    inserted = Math.max(inserted, atMs)
    const isJudged = atMs >= recording.fromMs
    if (isJudged || recording.routes.length === 0) looks.push({ atMs, firing: await own.look(atMs) })
    if (isJudged && grafana) grafanaLooks.push({ atMs, firing: await grafana.look(baseMs + atMs) })
  }
  own.stop()
  return { own: looks.filter(({ atMs }) => atMs >= recording.fromMs), grafana: grafanaLooks, everyMs: own.everyMs ?? STEP_MS }
}

/** When the recording says that it fires, at the times at which it was looked at. */
const recordedTimeline = ({ fires }: Recording, looks: Timeline): Timeline =>
  looks.map(({ atMs }) => ({ atMs, firing: fires.some(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs) ? 1 : 0 }))

function problemOf(
  who: string,
  timeline: Timeline,
  { expected, intervalMs }: { expected: Timeline; intervalMs: number },
): string | undefined {
  const found = disagreementOf(timeline, expected, intervalMs)
  if (!found) return undefined
  return `${who} fires ${spansText(timeline)} and not ${spansText(expected)}: at ${timeText(found.atMs)} they are more than ${timeText(intervalMs)} apart`
}

async function prometheusFailures(options: RuleTestOptions, played: readonly Played[]): Promise<ReadonlyMap<Played, readonly string[]>> {
  const judged = played.filter(({ cannot }) => !cannot.some((text) => text.includes('Prometheus')))
  const cases = judged.flatMap((one, at) =>
    SCRAPES_SECONDS.map((scrapeSeconds): PrometheusCase & { readonly one: Played } => ({
      one,
      name: `${one.rule}-${at}-${scrapeSeconds}s`,
      rule: one.rule,
      recording: one.recording,
      scrapeSeconds,
      expected: one.own,
    })),
  )
  if (cases.length === 0) return new Map()
  const failures = await replayInPrometheus((rule) => renderPrometheusRules(renderOptions(options), rule), cases)
  const found = cases.flatMap(({ one, name, scrapeSeconds }) => {
    const said = failures.get(name)
    return said === undefined ? [] : [{ one, text: `Prometheus, scraped every ${scrapeSeconds} s, ${said} firing (we fire ${one.fires})` }]
  })
  return new Map([...Map.groupBy(found, ({ one }) => one)].map(([one, texts]) => [one, texts.map(({ text }) => text)]))
}

const renderOptions = ({ alerting, own }: RuleTestOptions): AlertRuleOptions => ({
  instanceDownAfterMs: alerting.instanceDownAfterMs,
  rules: own,
})
