/** The numbers of the process's own resources as OpenTelemetry metrics, named by their declarations. */
import { isMetric, otelNameOf } from '../contract/metric-names.ts'
import type { AttributesInput, MetricRecord, NumberPoint } from '../otlp/records.ts'
import type { Bean, Registry } from '../registry/registry.ts'

/** One gauge or cumulative sum for each numeric attribute; the resource's keys are the points' attributes. */
export function registryMetrics(registry: Registry, startMs: number, nowMs: number): MetricRecord[] {
  const metrics = new Map<string, MetricRecord & { points: NumberPoint[] }>()
  for (const bean of registry.beans()) {
    if (bean.source !== undefined) continue // exported by the process that pushed it
    for (const attribute of Object.keys(bean.kind.attributes)) addPoint(metrics, bean, attribute, { startMs, nowMs })
  }
  return [...metrics.values()]
}

function addPoint(
  metrics: Map<string, MetricRecord & { points: NumberPoint[] }>,
  bean: Bean,
  attribute: string,
  { startMs, nowMs }: { readonly startMs: number; readonly nowMs: number },
): void {
  if (!isMetric(bean.kind, attribute)) return
  const value = numberOf(bean, attribute)
  if (value === undefined) return
  const name = otelNameOf(bean.kind, attribute)
  const counter = bean.kind.attributes[attribute]?.role === 'counter'
  let metric = metrics.get(name)
  if (!metric) {
    metric = newMetric(bean, attribute, name)
    metrics.set(name, metric)
  }
  metric.points.push({ attributes: pointAttributes(bean, attribute), timeMs: nowMs, value, ...(counter ? { startMs } : {}) })
}

/** The keys by the names of the semantic conventions, where they have one. */
function pointAttributes({ kind, keys }: Bean, attribute: string): AttributesInput {
  const named = Object.entries(keys).map(([key, value]) => [kind.attributes[key]?.otel ?? key, value])
  return { ...Object.fromEntries(named), ...kind.attributes[attribute]?.otelAttributes }
}

function newMetric(bean: Bean, attribute: string, name: string): MetricRecord & { points: NumberPoint[] } {
  const declared = bean.kind.attributes[attribute]
  const common = { name, description: declared?.description ?? '', unit: declared?.unit ?? '', points: [] }
  return declared?.role === 'counter'
    ? { ...common, type: 'sum', monotonic: true, temporality: 'cumulative' }
    : { ...common, type: 'gauge' }
}

function numberOf(bean: Bean, attribute: string): number | undefined {
  try {
    const value = bean.read(attribute)
    if (typeof value === 'boolean') return value ? 1 : 0
    const number = typeof value === 'bigint' ? Number(value) : value
    return typeof number === 'number' && Number.isFinite(number) ? number : undefined
  } catch {
    return undefined // a getter that fails leaves its point out; the others still go
  }
}
