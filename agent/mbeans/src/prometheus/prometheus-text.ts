/**
 * The resources of a registry in Prometheus's text format and as OpenMetrics: names, units and help from the declarations, labels from the keys
 * of the ObjectName. A pushed value is as old as its push. If its process is silent, a resource only has the series of its state.
 */
import { Counter, Gauge, Registry as PromRegistry } from 'prom-client'
import {
  type ResourceKind,
  isMetric,
  isStateSet,
  prometheusFactor,
  prometheusLabels,
  prometheusNameOf,
  prometheusUnit,
  snakeCase,
} from '@spyglass/agent/contract'
import type { Bean, Registry } from '@spyglass/agent/registry'
import { openMetricsFamily } from './open-metrics.ts'

export const prometheusContentType = PromRegistry.PROMETHEUS_CONTENT_TYPE

/** The part of a registry that is read. */
export type Beans = Pick<Registry, 'beans'>

/** All metrics of all resources, read now. Attributes with an unknown value are omitted. */
export async function prometheusText(registry: Beans): Promise<string> {
  const target = new PromRegistry()
  for (const [source, beans] of sourcesIn(registry)) add(target, source, beans)
  return target.metrics()
}

/** The same metrics as OpenMetrics 1.0. */
export async function openMetricsText(registry: Beans): Promise<string> {
  const target = new PromRegistry()
  const units = new Map<string, string | undefined>()
  for (const [source, beans] of sourcesIn(registry)) {
    add(target, source, beans)
    units.set(prometheusNameOf(source.kind, source.attribute), prometheusUnit(source.kind.attributes[source.attribute]!))
  }
  const metrics = await target.getMetricsAsJSON()
  return `${metrics.map((metric) => openMetricsFamily(metric, units.get(metric.name))).join('')}# EOF\n`
}

interface Source {
  readonly kind: ResourceKind
  readonly attribute: string
}

/** Each attribute that is exported, with the resources that have it. */
function* sourcesIn(registry: Beans): Generator<[Source, readonly Bean[]]> {
  for (const [kind, beans] of Map.groupBy(registry.beans(), (bean) => bean.kind)) {
    for (const attribute of Object.keys(kind.attributes)) {
      if (isMetric(kind, attribute) || isStateSet(kind, attribute)) yield [{ kind, attribute }, beans]
    }
  }
}

function add(target: PromRegistry, source: Source, beans: readonly Bean[]): void {
  if (isMetric(source.kind, source.attribute)) addNumber(target, source, beans)
  else addStates(target, source, beans)
}

/** Resources that share their labels are added up. */
function addNumber(target: PromRegistry, { kind, attribute }: Source, beans: readonly Bean[]): void {
  const declared = kind.attributes[attribute]!
  const samples = beans.flatMap((bean) => {
    const value = bean.isStale ? undefined : numberOf(bean, attribute)
    return value === undefined ? [] : { labels: labelsOf(bean), value: scaled(value, prometheusFactor(declared)) }
  })
  if (samples.length === 0) return
  const settings = { ...settingsOf(target, { kind, attribute }), labelNames: Object.keys(prometheusLabels(kind, {})) }
  if (declared.role === 'counter') {
    const counter = new Counter(settings)
    for (const { labels, value } of samples) counter.inc(labels, Math.max(0, value)) // our counters are never negative
  } else {
    const gauge = new Gauge(settings)
    for (const { labels, value } of samples) gauge.inc(labels, value)
  }
}

/**
 * One series for each state, as with the state sets of OpenMetrics: 1 for the current one, 0 for the others; the number of those in each state
 * where resources share their labels.
 */
function addStates(target: PromRegistry, { kind, attribute }: Source, beans: readonly Bean[]): void {
  const states = kind.attributes[attribute]?.values ?? []
  const label = snakeCase(attribute)
  const known = beans.flatMap((bean) => {
    const state = readSafely(bean, attribute)
    return typeof state === 'string' ? { labels: labelsOf(bean), state } : []
  })
  if (known.length === 0) return
  const labelNames = [...Object.keys(prometheusLabels(kind, {})), label]
  const gauge = new Gauge({ ...settingsOf(target, { kind, attribute }), labelNames })
  for (const { labels, state } of known) for (const each of states) gauge.inc({ ...labels, [label]: each }, each === state ? 1 : 0)
}

function settingsOf(target: PromRegistry, { kind, attribute }: Source): { name: string; help: string; registers: PromRegistry[] } {
  return { name: prometheusNameOf(kind, attribute), help: kind.attributes[attribute]?.description ?? '', registers: [target] }
}

function labelsOf({ kind, keys }: Bean): Record<string, string> {
  return { ...prometheusLabels(kind, keys) }
}

function numberOf(bean: Bean, attribute: string): number | undefined {
  const value = readSafely(bean, attribute)
  if (typeof value === 'boolean') return value ? 1 : 0
  const number = typeof value === 'bigint' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

/** Division is exact where multiplication by 0.001 is not: 1234 ms are 1.234 s. */
function scaled(value: number, factor: number): number {
  return factor < 1 ? value / Math.round(1 / factor) : value * factor
}

/** A getter that throws only loses its own series, not the scrape. */
function readSafely(bean: Bean, attribute: string): unknown {
  try {
    return bean.read(attribute)
  } catch {
    return undefined // unknown: the series is omitted
  }
}
