/** The schema of settings by their dotted names. */
import { formatName, type Node, type Settings, spyglassSettings } from '../../settings/index.ts'
import { type JsonSchema, ref, settingSchema } from '../json-schema.ts'

/** Every setting by its dotted name; those of entries by a pattern for the names of the entries. */
export function dottedSettings(): JsonSchema {
  const properties: Record<string, JsonSchema> = {}
  const patternProperties: Record<string, JsonSchema> = {}
  for (const { path, node, isInList } of allLeaves(spyglassSettings)) {
    if (isInList) patternProperties[`^${path.map((part) => (part === ENTRY ? ENTRY_PATTERN : part)).join(String.raw`\.`)}$`] = node
    else properties[formatName(path)] = node
  }
  return { type: 'object', properties, patternProperties, additionalProperties: false, minProperties: 1 }
}

const ENTRY = '*'
/** The name of an entry, with dots, asterisks and backslashes escaped. */
const ENTRY_PATTERN = String.raw`(?:[^.*\\]|\\.)+`

interface Leaf {
  readonly path: readonly string[]
  readonly node: JsonSchema
  readonly isInList: boolean
}

function allLeaves(settings: Settings, above: readonly string[] = [], schemaOf = ''): readonly Leaf[] {
  const isInList = above.includes(ENTRY)
  return Object.entries(settings).flatMap(([name, node]: [string, Node]): readonly Leaf[] => {
    const path = [...above, name]
    const group = schemaOf === '' ? name : `${schemaOf}.${name}`
    if (node.type === 'section') return allLeaves(node.settings, path, group)
    if (node.type === 'list') return allLeaves(node.settings, [...path, ENTRY], group)
    const known = schemaOf === '' ? settingSchema(node) : { $ref: `${String(ref(schemaOf)['$ref'])}/properties/${name}` }
    return [{ path, node: known, isInList }]
  })
}
