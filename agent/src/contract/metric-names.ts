/** Names under which an attribute of a resource appears as a metric. Pure: the exporters, the docs and the boards ask the same functions. */
import type { AttributeDeclaration, ResourceKeys, ResourceKind } from './resource-kind.ts'

const NUMBERS = new Set<unknown>(['int', 'long', 'double', 'boolean'])

/** Prometheus wants base units: the suffix of the name and what the value is multiplied by. */
const BASE_UNITS: Readonly<Record<string, { readonly suffix: string; readonly factor: number }>> = {
  s: { suffix: 'seconds', factor: 1 },
  ms: { suffix: 'seconds', factor: 1e-3 },
  us: { suffix: 'seconds', factor: 1e-6 },
  ns: { suffix: 'seconds', factor: 1e-9 },
  By: { suffix: 'bytes', factor: 1 },
  '1': { suffix: 'ratio', factor: 1 },
}

/** Whether the attribute is exported as a number: a gauge or counter that is not excluded. States are not numbers; see {@link isStateSet}. */
export function isMetric(kind: ResourceKind, attribute: string): boolean {
  const declared = kind.attributes[attribute]
  if (!declared || kind.metrics === false || declared.metric === false || !NUMBERS.has(declared.type)) return false
  return declared.role === 'gauge' || declared.role === 'counter'
}

/** Whether the attribute is one of several named states: exported as one series for each state, 1 for the current one and 0 for the others. */
export function isStateSet(kind: ResourceKind, attribute: string): boolean {
  const declared = kind.attributes[attribute]
  return kind.metrics !== false && declared?.metric !== false && declared?.role === 'state' && declared.values !== undefined
}

/** `waitingBorrowers` → `waiting_borrowers`, `v8Heap` → `v8_heap`, `delayP99` → `delay_p99`. */
export function snakeCase(name: string): string {
  return name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1_$2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
}

/** The OpenTelemetry instrument of an attribute: the declared one, else `spyglass.<kind>.<attribute>` in snake case. */
export function otelNameOf(kind: ResourceKind, attribute: string): string {
  return kind.attributes[attribute]?.otel ?? `spyglass.${snakeCase(kind.name)}.${snakeCase(attribute)}`
}

/** The Prometheus metric of an attribute: `spyglass_<kind>_<attribute>` with its base unit, and `_total` on a counter. */
export function prometheusNameOf(kind: ResourceKind, attribute: string): string {
  const declared = kind.attributes[attribute]
  const suffix = declared && unitOf(declared)?.suffix
  const words = snakeCase(attribute)
    .split('_')
    .filter((word) => word !== suffix)
  if (suffix) words.push(suffix)
  if (declared?.role === 'counter') words.push('total')
  return ['spyglass', snakeCase(kind.name), ...words].join('_')
}

/**
 * The Prometheus labels of a resource: its keys under the labels they declare. A key without end of values is none, so two resources may have
 * the same labels: their values are added up.
 */
export function prometheusLabels(kind: ResourceKind, keys: ResourceKeys): Readonly<Record<string, string>> {
  const labels = kind.keys.map((key) => [kind.attributes[key]?.label ?? snakeCase(key), keys[key] ?? ''] as const)
  return Object.fromEntries(labels.filter((label): label is readonly [string, string] => label[0] !== false))
}

/** The base unit with which the Prometheus name of an attribute ends (before `_total`): `seconds`, `bytes` or `ratio`; undefined for plain numbers. */
export function prometheusUnit(declared: AttributeDeclaration): string | undefined {
  return unitOf(declared)?.suffix
}

/** What a value is multiplied by to be in the base unit of its Prometheus name: 0.001 for milliseconds. */
export function prometheusFactor(declared: AttributeDeclaration): number {
  return unitOf(declared)?.factor ?? 1
}

function unitOf(declared: AttributeDeclaration): { readonly suffix: string; readonly factor: number } | undefined {
  return declared.unit !== undefined && Object.hasOwn(BASE_UNITS, declared.unit) ? BASE_UNITS[declared.unit] : undefined
}
