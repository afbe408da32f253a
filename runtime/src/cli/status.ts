/** The lines of `spyglass status`. */
import { isolationLevelNames, isolationLevels } from '@spyglass/agent/contract'
import { textOf } from '../dotted-name/index.ts'
import type { DottedResource } from '../management/attributes.ts'
import { exceededLimits, limitText } from '../management/pool-limits.ts'

/** What it says of each kind, in this order; a name in braces stands for that attribute. */
const templates: readonly (readonly [kind: string, template: string])[] = [
  [
    'server',
    'server {name}  version {version}  up {uptime ms}  ready {instancesReady}/{instances}  holder {holderPid}  decider {deciderPid}',
  ],
  [
    'instance',
    'instance {name}  {state}  pid {pid}  generation {generation}  restarts {restarts}  requests {requests}  isolation {isolation}',
  ],
  ['application', 'application {name}  {state}  at {contextPath} in {instance}'],
  ['datasource', 'datasource {name}  {state}  lent {activeConnections}/{maxConnections}  waiting {waitingBorrowers} in {instance}'],
  ['collector', 'collector  spans {spansReceived}  pending segments {segmentsPending}  alerts firing {alertsFiring}'],
  ['store', 'store  ClickHouse {engineVersion}  rows {rows}  on disk {bytesOnDisk By}'],
  ['snmpAgent', 'snmp-bridge  objects {objects}  packets {packetsIn}'],
]

/** No instance hosts it. */
const DISABLED = 'application {name}  disabled  at {contextPath}'

export function statusLines(resources: readonly DottedResource[]): readonly string[] {
  return templates.flatMap(([kind, template]) => {
    const mine = resources.filter((resource) => resource.kind === kind)
    const lines = mine.flatMap(({ values }) => [fillIn(values['state'] === 'disabled' ? DISABLED : template, values), ...failures(values)])
    if (kind === 'datasource') return [...lines, ...limits(mine)]
    return kind === 'instance' ? [...lines, ...guarantees(mine)] : lines
  })
}

const limits = (datasources: readonly DottedResource[]): readonly string[] =>
  exceededLimits(datasources.map(({ values }) => values)).map((limit) => `  ${limitText(limit)}`)

/** What each level of isolation that is in use guarantees. */
function guarantees(instances: readonly DottedResource[]): readonly string[] {
  const used = new Set(instances.map(({ values }) => values['isolation']))
  return isolationLevelNames.filter((level) => used.has(level)).map((level) => `  isolation ${level}: ${isolationLevels[level]}`)
}

function failures({ healthProblem, startProgress, lastFailure, notificationProblem }: DottedResource['values']): readonly string[] {
  return [
    ...(notificationProblem === undefined ? [] : [`  not delivered: ${textOf(notificationProblem)}`]),
    ...(healthProblem === undefined ? [] : [`  unhealthy, being replaced: ${textOf(healthProblem)}`]),
    ...(startProgress === undefined ? [] : [`  ${textOf(startProgress)}`]),
    ...(lastFailure === undefined ? [] : [`  last failure: ${textOf(lastFailure)}`]),
  ]
}

function fillIn(template: string, values: DottedResource['values']): string {
  return template.replaceAll(/\{(\w+)(?: (\w+))?\}/g, (_, name: string, unit: string | undefined) => {
    const value = values[name]
    if (value === undefined) return '-'
    if (unit === 'ms') return durationText(Number(value))
    return unit === 'By' ? `${(Number(value) / 1_048_576).toFixed(1)} MiB` : textOf(value)
  })
}

function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return `${seconds} s`
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}
