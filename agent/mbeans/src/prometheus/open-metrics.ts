/**
 * One metric as a family of OpenMetrics 1.0. Differs from the classic text: a counter's family has no `_total`, only its samples have it; the unit is
 * stated; quotes in help texts are escaped; after the last family comes `# EOF`.
 *
 * Not written: `_created`, since counters continue over generations and restarts, so the time at which they were 0 is not known; exemplars,
 * since the registry holds quantiles and no histograms; the type `stateset`, whose label would have to carry the name of the family.
 */
import type { MetricObjectWithValues, MetricValue } from 'prom-client'

export const openMetricsContentType = 'application/openmetrics-text; version=1.0.0; charset=utf-8'

/** @param unit the base unit with which the name ends, before `_total` */
export function openMetricsFamily(metric: MetricObjectWithValues<MetricValue<string>>, unit?: string): string {
  const isCounter = String(metric.type) === 'counter'
  const family = isCounter ? metric.name.replace(/_total$/, '') : metric.name
  const head = [`# TYPE ${family} ${isCounter ? 'counter' : 'gauge'}`]
  if (unit !== undefined) head.push(`# UNIT ${family} ${unit}`)
  head.push(`# HELP ${family} ${escaped(metric.help)}`)
  const name = isCounter ? `${family}_total` : family
  return `${[...head, ...metric.values.map((sample) => sampleLine(name, sample))].join('\n')}\n`
}

function sampleLine(name: string, { labels, value }: MetricValue<string>): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(String(text))}"`)
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' }

const escaped = (text: string): string => text.replaceAll(/[\\"\n]/g, (sign) => ESCAPES[sign]!)
