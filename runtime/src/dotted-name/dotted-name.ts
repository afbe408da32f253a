/** Dotted names of resources and their attributes: `datasource.http-1.shop.activeConnections`. */
import type { ResourceKind } from '@spyglass/agent/contract'

/** The kind and its keys. A dot inside a part is escaped with a backslash. */
export function dottedName(kind: ResourceKind, values: Readonly<Record<string, unknown>>): string {
  return [kind.name, ...kind.keys.map((key) => textOf(values[key] ?? ''))].map((part) => part.replaceAll(/[\\.]/g, '\\$&')).join('.')
}

/** A value as text: structures as JSON. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Whether a dotted name matches a pattern in which `*` stands for any characters. Linear: no pattern can stall it. */
export function matches(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  if (rest.length === 0) return pattern === name
  const last = rest.pop() ?? ''
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false
  let at = first.length
  for (const part of rest) {
    const found = name.indexOf(part, at)
    if (found < 0 || found + part.length > name.length - last.length) return false
    at = found + part.length
  }
  return true
}
