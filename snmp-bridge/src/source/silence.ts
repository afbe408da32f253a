/**
 * Processes that have missed three reports. The endpoint still has their last figures and says how old they are; a cell of a table cannot,
 * so a silent process has no figures there, as it has no series for Prometheus: only names, texts and states are left of it.
 */
import { type AttributeValue, prometheusLabels, type ResourceKind } from '@spyglass/agent/contract'
import { kinds } from '@spyglass/mbeans/kinds'
import { STALE_AFTER_MS } from '@spyglass/agent/registry'

type Values = Readonly<Record<string, AttributeValue>>

/** Reads how long ago each process last reported. */
export const REPORTS = {
  type: 'read',
  mbean: `${kinds.push.domain}:type=${kinds.push.type},*`,
  attribute: ['process', 'age'],
  config: { ignoreErrors: true },
} as const

export function silentProcesses(reports: readonly Values[]): ReadonlySet<string> {
  return new Set(reports.filter(({ age }) => Number(age) * 1000 > STALE_AFTER_MS).map(({ process }) => textOf(process)))
}

/** The values of a resource that may be shown: all of them, unless its process is silent. */
export function withoutOldFigures(kind: ResourceKind, values: Values, silent: ReadonlySet<string>): Values {
  if (!silent.has(processOf(kind, values))) return values
  return Object.fromEntries(Object.entries(values).filter(([name]) => !isFigure(kind, name)))
}

function processOf(kind: ResourceKind, values: Values): string {
  const keys = Object.fromEntries(kind.keys.map((key) => [key, textOf(values[key])]))
  return prometheusLabels(kind, keys)['process'] ?? ''
}

const textOf = (value: AttributeValue | undefined): string => (typeof value === 'string' ? value : '')

function isFigure({ attributes }: ResourceKind, name: string): boolean {
  const role = attributes[name]?.role
  return role === 'gauge' || role === 'counter'
}
