/** Dotted names of resources and their attributes: `datasource.http-1.shop.activeConnections`. They are written and matched like those of settings. */
import type { ResourceKind } from '@spyglass/agent/contract'
import { formatName } from '@spyglass/process/settings'

/** The kind and its keys. */
export function dottedName(kind: ResourceKind, values: Readonly<Record<string, unknown>>): string {
  return formatName([kind.name, ...kind.keys.map((key) => textOf(values[key] ?? ''))])
}

/** A value as text: structures as JSON. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
