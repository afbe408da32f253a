/** Live resources by their kinds and keys, with the attributes that are known now. */
import { type ResourceKind } from '@spyglass/agent/contract'
import { allKinds } from '@spyglass/mbeans/kinds'
import { formatName } from '../../settings/index.ts'
import { arrayOf, type JsonSchema, objectOf, openTypeSchema, text } from '../json-schema.ts'
import type { ApiRoute } from './route.ts'

export const resourceRoutes = (): readonly ApiRoute[] => allKinds.flatMap(routesOf)

function routesOf(kind: ResourceKind): readonly ApiRoute[] {
  const base = { method: 'GET', tag: 'resources', role: 'viewer', isChange: false } as const
  const path = `/resources/${kind.name}`
  const parameters = Object.fromEntries(kind.keys.map((key) => [key, kind.attributes[key]?.description ?? `Its ${key}.`]))
  return [
    {
      ...base,
      path,
      name: kind.name,
      summary: `Shows all resources of the kind. ${kind.description}`,
      result: arrayOf(resourceSchema(kind)),
      call: () => ({ method: 'read', params: { patterns: [`${kind.name}.*`] } }),
    },
    {
      ...base,
      path: `${path}/${kind.keys.map((key) => `{${key}}`).join('/')}`,
      name: [kind.name, ...kind.keys.map((key) => `{${key}}`)].join('.'),
      parameters,
      summary: `Shows one resource. ${kind.description}`,
      result: resourceSchema(kind),
      call: ({ path: keys }) => ({ method: 'read', params: { patterns: [liveName(kind, keys)] } }),
      answer: (result) => (Array.isArray(result) ? (result[0] as unknown) : undefined),
    },
  ]
}

/** In names of live resources only dots and backslashes are escaped. */
const liveName = ({ name, keys }: ResourceKind, values: Readonly<Record<string, string>>): string =>
  formatName([name, ...keys.map((key) => values[key] ?? '')]).replaceAll(String.raw`\*`, '*')

function resourceSchema({ attributes }: ResourceKind): JsonSchema {
  const properties = Object.entries(attributes).map(([name, { type, description, unit, values }]): [string, JsonSchema] => [
    name,
    { ...openTypeSchema(type), ...(values ? { enum: values } : {}), description, ...(unit === undefined ? {} : { 'x-unit': unit }) },
  ])
  const values = {
    type: 'object',
    description: 'An attribute that is not known now is absent.',
    properties: Object.fromEntries(properties),
  }
  return objectOf({ name: text, kind: text, values })
}
