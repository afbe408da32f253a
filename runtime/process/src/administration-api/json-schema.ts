/** JSON Schema (2020-12, as OpenAPI 3.1 has it) of what is declared: settings, and the open types of attributes, arguments and results. */
import type { OpenType } from '@spyglass/agent/contract'
import type { Group, Node, Setting, Settings, TextCheck } from '../settings/index.ts'

export type JsonSchema = Readonly<Record<string, unknown>>

export const text: JsonSchema = { type: 'string' }
export const arrayOf = (items: JsonSchema): JsonSchema => ({ type: 'array', items })
export const ref = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` })

/** All members are there, except those that are named optional. */
export function objectOf(properties: Readonly<Record<string, JsonSchema>>, optional: readonly string[] = []): JsonSchema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name))
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }) }
}

/**
 * A group of settings as it is read and changed. `null` is a setting without a value; in a change it takes the setting back to what the file says,
 * or to its default. Lists are not in it: their entries have paths of their own.
 */
export function groupSchema(path: string, { settings, description, applies, readBy }: Group): JsonSchema {
  const properties = Object.entries(settings).flatMap(([name, node]): [string, JsonSchema][] => {
    if (node.type === 'list') return []
    return [[name, node.type === 'section' ? ref(`${path}.${name}`) : nullable(settingSchema(node, { applies, readBy }))]]
  })
  return { type: 'object', description, properties: Object.fromEntries(properties) }
}

type Defaults = Pick<Group, 'applies' | 'readBy'>

export function settingSchema(setting: Setting, defaults: Defaults = { applies: 'restart', readBy: ['server'] }): JsonSchema {
  const { description, secret, example } = setting
  return {
    ...shapeOf(setting),
    description,
    ...(setting.default === undefined ? {} : { default: setting.default }),
    ...(example === undefined ? {} : { examples: [example] }),
    ...(secret ? { writeOnly: true } : {}),
    ...(setting.type === 'int' && setting.unit !== undefined ? { 'x-unit': setting.unit } : {}),
    'x-applies': setting.applies ?? defaults.applies,
    'x-read-by': setting.readBy ?? defaults.readBy,
  }
}

function shapeOf(setting: Setting): JsonSchema {
  switch (setting.type) {
    case 'int':
      return { type: 'integer', minimum: setting.min, ...(setting.max === undefined ? {} : { maximum: setting.max }) }
    case 'boolean':
      return { type: 'boolean' }
    case 'choice':
      return { type: 'string', enum: setting.values }
    case 'url':
      return { type: 'string', format: 'uri' }
    case 'map':
      return { type: 'object', additionalProperties: text }
    case 'texts':
      return arrayOf(textShape(setting.each))
    default:
      return textShape(setting)
  }
}

function textShape({ minLength, checks = [] }: { readonly minLength?: number; readonly checks?: readonly TextCheck[] }): JsonSchema {
  const pattern = checks.flatMap(({ is }) => (is instanceof RegExp && is.flags === '' ? [is.source] : []))[0]
  return { type: 'string', ...(minLength === undefined ? {} : { minLength }), ...(pattern === undefined ? {} : { pattern }) }
}

function nullable(schema: JsonSchema): JsonSchema {
  const { type, enum: values } = schema
  return { ...schema, type: [type, 'null'], ...(Array.isArray(values) ? { enum: [...(values as unknown[]), null] } : {}) }
}

/** Dates travel as ISO 8601; numbers beyond 2^53 as text. */
export function openTypeSchema(type: OpenType): JsonSchema {
  if (typeof type === 'string') return simple[type]
  if ('array' in type) return arrayOf(openTypeSchema(type.array))
  if ('composite' in type) return compositeSchema(type.items)
  return arrayOf(compositeSchema(type.row))
}

function compositeSchema(items: Readonly<Record<string, OpenType>>): JsonSchema {
  const properties = Object.fromEntries(Object.entries(items).map(([name, type]) => [name, openTypeSchema(type)]))
  return { type: 'object', ...(Object.keys(properties).length === 0 ? {} : { properties }) }
}

const simple: Readonly<Record<Extract<OpenType, string>, JsonSchema>> = {
  int: { type: 'integer', format: 'int32' },
  long: { type: ['integer', 'string'], format: 'int64' },
  double: { type: 'number', format: 'double' },
  boolean: { type: 'boolean' },
  string: text,
  date: { type: 'string', format: 'date-time' },
  objectName: text,
}

/** A value that the setting accepts: its example, its default, else the smallest of its kind. Undefined where only people know one. */
export function exampleOf(setting: Setting): unknown {
  const known = setting.example ?? setting.default
  if (known !== undefined) return known
  if (setting.type === 'int') return setting.min
  if (setting.type === 'choice') return setting.values[0]
  return setting.type === 'boolean' ? true : undefined
}

/** The settings of a group that hold a value of their own, with their paths below it. Those of lists are not among them. */
export function leavesOf(settings: Settings): readonly { readonly path: readonly string[]; readonly setting: Setting }[] {
  return Object.entries(settings).flatMap(([name, node]: [string, Node]) => {
    if (node.type === 'list') return []
    if (node.type !== 'section') return [{ path: [name], setting: node }]
    return leavesOf(node.settings).map(({ path, setting }) => ({ path: [name, ...path], setting }))
  })
}
