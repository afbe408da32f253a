/**
 * What changed between two snapshots of one process. At rest a process has some fifty resources with four hundred values, of which seven
 * change within a second: to write, send and read the others again is most of what a push costs.
 */
import { isDeepStrictEqual } from 'node:util'
import type { AttributeValue, RegistrySnapshot, ResourceSnapshot } from '@spyglass/agent/contract'

type Values = ResourceSnapshot['values']

/** What changed of the resource at that place of the snapshot before. */
export interface ResourceChange {
  readonly at: number
  readonly values: Values
  /** Attributes that have no value any more. */
  readonly without?: readonly string[]
}

/** A snapshot of the same resources in the same order, by what is different. */
export interface SnapshotChanges {
  readonly time: number
  readonly changes: readonly ResourceChange[]
}

/** The later snapshot as changes of the earlier one, or whole if it has other resources. */
export function changesOf(before: RegistrySnapshot | undefined, now: RegistrySnapshot): RegistrySnapshot | SnapshotChanges {
  if (!before || before.resources.length !== now.resources.length) return now
  const changes: ResourceChange[] = []
  for (const [at, resource] of now.resources.entries()) {
    const known = before.resources[at]!
    if (!isSameResource(known, resource)) return now
    const change = changeOf(known.values, resource.values)
    if (change) changes.push({ at, ...change })
  }
  return { time: now.time, changes }
}

/**
 * The later snapshot. Resources that have not changed are the same objects as before, so that readers see at once that there is nothing to do.
 * Changes that do not fit the snapshot before are ignored.
 */
export function withChanges(before: RegistrySnapshot, { time, changes }: SnapshotChanges): RegistrySnapshot {
  const resources = [...before.resources]
  for (const { at, values, without = [] } of changes) {
    const known = resources[at]
    if (known) resources[at] = { ...known, values: valuesAfter(known.values, values, without) }
  }
  return { time, resources }
}

function isSameResource(one: ResourceSnapshot, other: ResourceSnapshot): boolean {
  return one.kind === other.kind && one.time === other.time && (one.keys === other.keys || isDeepStrictEqual(one.keys, other.keys))
}

function changeOf(before: Values, now: Values): Omit<ResourceChange, 'at'> | undefined {
  const names = Object.keys(now)
  const changed = names.filter((name) => !Object.hasOwn(before, name) || !isSameValue(before[name], now[name]))
  const isWhole = names.length - changed.length >= Object.keys(before).length
  const without = isWhole ? [] : Object.keys(before).filter((name) => !Object.hasOwn(now, name))
  if (changed.length === 0 && without.length === 0) return undefined
  const values = Object.fromEntries(changed.map((name) => [name, now[name]!]))
  return without.length === 0 ? { values } : { values, without }
}

const isSameValue = (one: AttributeValue | undefined, other: AttributeValue | undefined): boolean =>
  Object.is(one, other) || (typeof one === 'object' && isDeepStrictEqual(one, other))

function valuesAfter(before: Values, changed: Values, without: readonly string[]): Values {
  const values: Record<string, AttributeValue> = { ...before, ...changed }
  for (const name of without) delete values[name]
  return values
}
