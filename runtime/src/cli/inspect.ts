/** `spyglass list`, `get` and `status`: what a running server says of itself. */
import type { SpyglassConfig } from '@spyglass/agent/config'
import { kinds } from '@spyglass/agent/contract'
import { fail } from '../errors.ts'
import { type DottedResource, matches, readResources } from './resources.ts'

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

/** Lines of `spyglass status`. */
export async function status(config: SpyglassConfig): Promise<readonly string[]> {
  const resources = await readResources(config)
  const of = (kind: string): readonly DottedResource[] => resources.filter((resource) => resource.kind.name === kind)
  return [
    ...of(kinds.server.name).map(
      ({ values: v }) =>
        `server ${v['name']}  version ${v['version']}  up ${duration(v['uptime'])}  ready ${v['instancesReady']}/${v['instances']}`,
    ),
    ...of(kinds.instance.name).map(
      ({ values: v }) =>
        `instance ${v['name']}  ${v['state']}  pid ${v['pid']}  generation ${v['generation']}  restarts ${v['restarts']}  requests ${v['requests'] ?? '-'}`,
    ),
    ...of(kinds.application.name).map(
      ({ values: v }) => `application ${v['name']}  ${v['state']}  at ${v['contextPath']} in ${v['instance']}`,
    ),
    ...of(kinds.datasource.name).map(
      ({ values: v }) =>
        `datasource ${v['name']}  ${v['state']}  lent ${v['activeConnections']}/${v['maxConnections']}  waiting ${v['waitingBorrowers']} in ${v['instance']}`,
    ),
    ...of(kinds.collector.name).map(
      ({ values: v }) =>
        `collector  spans ${v['spansReceived']}  pending segments ${v['segmentsPending']}  alerts firing ${v['alertsFiring']}`,
    ),
    ...of(kinds.store.name).map(
      ({ values: v }) => `store  ClickHouse ${v['engineVersion']}  rows ${v['rows']}  on disk ${bytes(v['bytesOnDisk'])}`,
    ),
    ...of(kinds.snmpAgent.name).map(({ values: v }) => `snmp-bridge  objects ${v['objects']}  packets ${v['packetsIn']}`),
  ]
}

function attributesOf({ name, values }: DottedResource): readonly (readonly [string, string])[] {
  return Object.entries(values).map(([attribute, value]) => [
    `${name}.${attribute}`,
    typeof value === 'object' ? JSON.stringify(value) : String(value),
  ])
}

function duration(value: unknown): string {
  const seconds = Math.round(Number(value) / 1000)
  if (seconds < 120) return `${seconds} s`
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}

function bytes(value: unknown): string {
  return `${(Number(value) / 1_048_576).toFixed(1)} MiB`
}
