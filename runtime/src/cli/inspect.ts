/** `spyglass list`, `get` and `status`: what a running server says of itself. */
import type { SpyglassConfig } from '@spyglass/process/config'
import { kinds } from '@spyglass/agent/contract'
import { fail } from '../errors.ts'
import { type DottedResource, matches, readResources, textOf } from './resources.ts'

/** Lines of `spyglass list`. */
export async function list(config: SpyglassConfig, pattern = '*'): Promise<readonly string[]> {
  const names = (await readResources(config)).map(({ name }) => name)
  const found = names.filter((name) => matches(pattern, name))
  if (found.length === 0) throw fail('SPY_NAME_UNKNOWN', [pattern])
  return found.sort()
}

/** Lines of `spyglass get`: `name=value`. A resource's own name stands for all its attributes. */
export async function get(config: SpyglassConfig, patterns: readonly string[]): Promise<readonly string[]> {
  const all = (await readResources(config)).flatMap(attributesOf)
  return patterns.flatMap((pattern) => {
    const found = all.filter(([name]) => matches(pattern, name) || matches(`${pattern}.*`, name))
    if (found.length === 0) throw fail('SPY_NAME_UNKNOWN', [pattern])
    return found.map(([name, value]) => `${name}=${value}`)
  })
}

/** What `spyglass status` says of each kind, in this order; a name in braces stands for that attribute. */
const statusLines: readonly (readonly [kind: string, template: string])[] = [
  [kinds.server.name, 'server {name}  version {version}  up {uptime ms}  ready {instancesReady}/{instances}'],
  [kinds.instance.name, 'instance {name}  {state}  pid {pid}  generation {generation}  restarts {restarts}  requests {requests}'],
  [kinds.application.name, 'application {name}  {state}  at {contextPath} in {instance}'],
  [
    kinds.datasource.name,
    'datasource {name}  {state}  lent {activeConnections}/{maxConnections}  waiting {waitingBorrowers} in {instance}',
  ],
  [kinds.collector.name, 'collector  spans {spansReceived}  pending segments {segmentsPending}  alerts firing {alertsFiring}'],
  [kinds.store.name, 'store  ClickHouse {engineVersion}  rows {rows}  on disk {bytesOnDisk By}'],
  [kinds.snmpAgent.name, 'snmp-bridge  objects {objects}  packets {packetsIn}'],
]

/** Lines of `spyglass status`. */
export async function status(config: SpyglassConfig): Promise<readonly string[]> {
  const resources = await readResources(config)
  return statusLines.flatMap(([kind, template]) =>
    resources.filter((resource) => resource.kind.name === kind).map(({ values }) => fillIn(template, values)),
  )
}

function fillIn(template: string, values: Readonly<Record<string, unknown>>): string {
  return template.replaceAll(/\{(\w+)(?: (\w+))?\}/g, (_, name: string, unit: string | undefined) => {
    const value = values[name]
    if (value === undefined || value === null) return '-'
    if (unit === 'ms') return durationText(Number(value))
    return unit === 'By' ? `${(Number(value) / 1_048_576).toFixed(1)} MiB` : textOf(value)
  })
}

function attributesOf({ name, values }: DottedResource): readonly (readonly [string, string])[] {
  return Object.entries(values).map(([attribute, value]) => [`${name}.${attribute}`, textOf(value)])
}

function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return `${seconds} s`
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}
