/** The resources of a registry under their dotted names, as the command line shows them. */
import { type AttributeValue } from '@spyglass/agent/contract'
import { allKinds, kinds } from '@spyglass/mbeans/kinds'
import type { Bean, Registry } from '@spyglass/agent/registry'
import { matcherOf } from '@spyglass/process/settings'
import { dottedName } from '../dotted-name/index.ts'

/** One resource and the attributes that are known now. */
export interface DottedResource {
  /** `datasource.http-1.shop` */
  readonly name: string
  /** `datasource` */
  readonly kind: string
  readonly values: Readonly<Record<string, AttributeValue>>
}

/** Those that a pattern matches, by their own name or by that of an attribute; by default all. Only matching attributes are in it. */
export function readAttributes(registry: Registry, patterns: readonly string[] = ['*']): readonly DottedResource[] {
  const matchers = patterns.map(matcherOf)
  const isWanted = (name: string): boolean => matchers.some((matches) => matches(name))
  return [...registry.beans()]
    .filter(({ kind }) => allKinds.includes(kind))
    .flatMap((bean) => resourceOf(bean, isWanted) ?? [])
    .sort(byKindThenName)
}

/** Names that begin with a prefix: of resources, and of the attributes of a resource once the prefix goes on after its name. */
export function namesWithPrefix(registry: Registry, prefix: string): readonly string[] {
  const resources = [...registry.beans()].filter(({ kind }) => allKinds.includes(kind))
  return resources
    .flatMap(({ kind, keys }) => {
      const name = dottedName(kind, keys)
      if (name.startsWith(prefix) && name !== prefix) return [name]
      if (!`${prefix}.`.startsWith(`${name}.`)) return []
      return Object.keys(kind.attributes).map((attribute) => `${name}.${attribute}`)
    })
    .filter((name) => name.startsWith(prefix))
    .sort()
}

function resourceOf(bean: Bean, isWanted: (name: string) => boolean): DottedResource | undefined {
  const { kind, keys } = bean
  const name = dottedName(kind, keys)
  const isWhole = isWanted(name)
  const wanted = Object.keys(kind.attributes).filter((attribute) => isWhole || isWanted(`${name}.${attribute}`))
  if (!isWhole && wanted.length === 0) return undefined
  const values = wanted.flatMap((attribute): [string, AttributeValue][] => {
    const value = valueOf(bean, attribute)
    return value === undefined ? [] : [[attribute, value]]
  })
  return { name, kind: kind.name, values: Object.fromEntries(values) }
}

/** A getter that throws leaves its attribute out: one bad attribute must not cost the others. */
function valueOf(bean: Bean, attribute: string): AttributeValue | undefined {
  try {
    const value = bean.read(attribute)
    const isDate = bean.kind.attributes[attribute]?.type === 'date'
    return isDate && typeof value === 'number' ? new Date(value).toISOString() : value
  } catch {
    return undefined // shown as missing, which it is
  }
}

const ORDER: readonly string[] = Object.keys(kinds)

function byKindThenName(a: DottedResource, b: DottedResource): number {
  return ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || (a.name < b.name ? -1 : 1)
}
