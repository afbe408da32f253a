/** ObjectNames after the JMX specification: `domain:type=T,key=value`; a value is quoted when it holds `, = : " * ?`. */
import type { ResourceKeys, ResourceKind } from './resource-kind.ts'

const NEEDS_QUOTES = /[,=:"*?\n\\]/

/** The value of a key as written in an ObjectName, quoted where the specification requires it. */
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

/** One key property: `key=value`, or with a quoted value in which a backslash escapes. */
const PROPERTY = /([^,=:*?"\n]+)=("(?:[^"\\\n]|\\.)*"|[^,=:"\n]*)(?:,|$)/y

/**
 * The key properties of an ObjectName with the values that were given to {@link objectNameOf}, the key `type` among them. A text that is no
 * ObjectName has none.
 */
export function keysOf(objectName: string): ResourceKeys {
  const keys: [string, string][] = []
  PROPERTY.lastIndex = objectName.indexOf(':') + 1
  if (PROPERTY.lastIndex === 0) return {}
  for (let found = PROPERTY.exec(objectName); found; found = PROPERTY.exec(objectName)) {
    keys.push([found[1]!, unquoteKeyValue(found[2]!)])
    if (PROPERTY.lastIndex === objectName.length) return Object.fromEntries(keys)
  }
  return {}
}

function unquoteKeyValue(value: string): string {
  if (!value.startsWith('"')) return value
  return value.slice(1, -1).replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))
}
