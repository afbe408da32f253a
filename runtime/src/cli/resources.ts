/** Reads a running server's resources by Jolokia and gives them dotted names: `datasource.http-1.shop.activeConnections`. */
import type { SpyglassConfig } from '@spyglass/process/config'
import { allKinds, type ResourceKind } from '@spyglass/agent/contract'
import { fail } from '../errors.ts'

export interface DottedResource {
  /** `datasource.http-1.shop` */
  readonly name: string
  readonly kind: ResourceKind
  readonly values: Readonly<Record<string, unknown>>
}

interface BulkReply {
  readonly status: number
  readonly value?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/**
 * All resources of all kinds, in one request.
 * @throws SPY_SERVER_UNREACHABLE
 */
export async function readResources({ management }: SpyglassConfig): Promise<readonly DottedResource[]> {
  const url = `http://${management.host}:${management.port}/jolokia/`
  const bulk = allKinds.map(({ domain, type }) => ({ type: 'read', mbean: `${domain}:type=${type},*`, config: { ignoreErrors: true } }))
  const replies = (await post(url, bulk)) as readonly BulkReply[]
  return allKinds.flatMap((kind, i) =>
    Object.values(replies[i]?.value ?? {}).map((values) => ({ name: dottedName(kind, values), kind, values })),
  )
}

/** A dot inside a part is escaped with a backslash. */
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

async function post(url: string, body: unknown): Promise<unknown> {
  try {
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(body), signal: AbortSignal.timeout(10_000) })
    return await response.json()
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    throw fail('SPY_SERVER_UNREACHABLE', [url, cause instanceof Error ? cause.message : String(cause)], error)
  }
}
