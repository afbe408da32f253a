/** ObjectNames after the JMX specification: `domain:type=T,key=value`; a value is quoted when it holds `, = : " * ?`. */
import type { ResourceKeys, ResourceKind } from './resource-kind.ts'

const NEEDS_QUOTES = /[,=:"*?\n\\]/

/** A key's value as it stands in an ObjectName, quoted where the specification asks for it. */
export function quoteKeyValue(value: string): string {
  if (!NEEDS_QUOTES.test(value)) return value
  return `"${value.replaceAll('\\', '\\\\').replaceAll(/["*?]/g, '\\$&').replaceAll('\n', '\\n')}"`
}

/**
 * The ObjectName of one resource: `spyglass:type=Datasource,instance=http-1,name=shop`. A kind whose type names a key in braces holds the
 * key's value there: `Pool ({name})` gives `type=Pool (shop)`.
 */
export function objectNameOf(kind: ResourceKind, keys: ResourceKeys): string {
  const isTemplate = kind.type.includes('{')
  const type = isTemplate ? kind.type.replaceAll(/\{(\w+)\}/g, (_, key: string) => keys[key] ?? '') : kind.type
  const pairs = kind.keys
    .filter((key) => !isTemplate || !kind.type.includes(`{${key}}`))
    .map((key) => `${key}=${quoteKeyValue(keys[key] ?? '')}`)
  return `${kind.domain}:${[`type=${isTemplate ? quoteKeyValue(type) : type}`, ...pairs].join(',')}`
}
