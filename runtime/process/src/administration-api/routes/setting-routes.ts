/** Settings by the sections and lists of spyglass.yaml that they are declared in. The path is the dotted name with slashes. */
import { type SettingValue, verbRoles } from '../../admin-socket/index.ts'
import { formatName, type Group, type List, type Settings } from '../../settings/index.ts'
import { fail } from '../errors.ts'
import { arrayOf, exampleOf, type JsonSchema, leavesOf, ref } from '../json-schema.ts'
import { entryParameter, type Place, places } from './places.ts'
import { actOptions, type ApiInput, type ApiRoute, changeParameters, changeResult } from './route.ts'
import { shownEntries, shownGroup, shownValues } from './shown-settings.ts'

export const settingRoutes = (): readonly ApiRoute[] =>
  places().flatMap((place) => (place.group.type === 'list' ? listRoutes(place) : groupRoutes(place)))

function listRoutes(place: Place): readonly ApiRoute[] {
  const entry = { ...place, parts: [...place.parts, entryParameter(place)] }
  return [entriesRoute(place), createRoute(place), ...groupRoutes(entry), deleteRoute(entry)]
}

const pathOf = (parts: readonly string[]): string => `/${parts.join('/')}`

/** The parts of a dotted name, with those of the request's path. */
const filled = (parts: readonly string[], { path }: Pick<ApiInput, 'path'>): readonly string[] =>
  parts.map((part) => (part.startsWith('{') ? (path[part.slice(1, -1)] ?? '') : part))

const nameIn = (parts: readonly string[], input: Pick<ApiInput, 'path'>): string => formatName(filled(parts, input))

function baseOf({ group, parts }: Place): Pick<ApiRoute, 'path' | 'tag' | 'name' | 'parameters'> {
  const parameters = parts.filter((part) => part.startsWith('{')).map((part) => [part.slice(1, -1), 'Name of the entry.'])
  const own = group.type === 'list' ? `Name of the entry: ${group.key.join(':')}.` : undefined
  const last = parameters.at(-1)
  if (own !== undefined && last && parts.at(-1)?.startsWith('{')) last[1] = own
  return {
    path: pathOf(parts),
    tag: parts[0] ?? '',
    name: parts.join('.'),
    parameters: Object.fromEntries(parameters) as Record<string, string>,
  }
}

function groupRoutes(place: Place): readonly ApiRoute[] {
  const { group, parts, schema } = place
  const base = baseOf(place)
  const what = group.type === 'list' ? 'an entry' : 'a section'
  const changeable = leavesOf(group.settings).filter(({ path, setting }) => !(isKey(group, path) || setting.secret))
  return [
    {
      ...base,
      method: 'GET',
      summary: `Shows the settings of ${what}. ${group.description}`,
      role: verbRoles.get,
      isChange: false,
      result: shownGroup(schema),
      call: (input) => ({
        method: 'get',
        params: { names: leavesOf(group.settings).map(({ path }) => formatName([...filled(parts, input), ...path])) },
      }),
      answer: (result, input) => shownValues(filled(parts, input), result as readonly SettingValue[]),
    },
    {
      ...base,
      method: 'PATCH',
      summary: `Changes settings of ${what}, all or none of them. \`null\` takes one back to what the file says, or to its default.`,
      role: verbRoles.set,
      isChange: true,
      query: changeParameters,
      body: {
        schema: { ...ref(schema), unevaluatedProperties: false, minProperties: 1 },
        isRequired: true,
        ...exampleAs(changeExample(changeable)),
      },
      result: changeResult,
      call: (input) => ({
        method: 'set',
        params: { values: dotted(group.settings, filled(parts, input), input.body), ...actOptions(input) },
      }),
    },
  ]
}

const isKey = (group: Group, [first = '', ...rest]: readonly string[]): boolean =>
  rest.length === 0 && 'key' in group && (group as List).key.includes(first)

const exampleAs = (example: unknown): { readonly example?: unknown } => (example === undefined ? {} : { example })

/** The first setting of which a value is known that needs nothing else. */
function changeExample(settings: ReturnType<typeof leavesOf>): unknown {
  const found = settings.find(({ path, setting }) => path.length === 1 && setting.default !== undefined)
  return found && { [found.path[0] ?? '']: exampleOf(found.setting) }
}

function entriesRoute(place: Place): ApiRoute {
  const { group, parts, schema } = place
  return {
    ...baseOf(place),
    method: 'GET',
    summary: `Lists the entries with their settings. ${group.description}`,
    role: verbRoles.get,
    isChange: false,
    result: arrayOf(shownGroup(schema)),
    call: (input) => ({ method: 'get', params: { names: [`${nameIn(parts, input)}.*`] } }),
    answer: (result, input) => shownEntries(place, filled(parts, input), result as readonly SettingValue[]),
    whenUnknown: [],
  }
}

function createRoute(place: Place): ApiRoute {
  const { group, parts } = place
  const { key } = group as List
  const entryName = ({ body }: ApiInput): string => key.map((setting) => keyText(body[setting] ?? defaultOf(group, setting))).join(':')
  return {
    ...baseOf(place),
    method: 'POST',
    summary: `Adds an entry. ${group.description}`,
    role: verbRoles.create,
    isChange: true,
    query: changeParameters,
    body: { schema: newEntrySchema(place), isRequired: true, ...exampleAs(newEntryExample(group)) },
    result: changeResult,
    status: 201,
    call(input) {
      const missing = key.find((setting) => keyText(input.body[setting] ?? defaultOf(group, setting)) === '')
      if (missing !== undefined) throw fail('SPY_API_BODY', [`${missing} is missing`])
      const values = Object.entries(input.body).filter(([setting, value]) => !key.includes(setting) && value !== null)
      const name = formatName([...filled(parts, input), entryName(input)])
      return { method: 'create', params: { name, values: Object.fromEntries(values), ...actOptions(input) } }
    },
    location: (input) => pathOf([...filled(parts, input), entryName(input)].map(encodeURIComponent)),
  }
}

const defaultOf = ({ settings }: Group, name: string): unknown => {
  const node = settings[name]
  return node && node.type !== 'section' ? node.default : undefined
}

const keyText = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? `${value}` : '')

function newEntrySchema({ group: { settings }, schema }: Place): JsonSchema {
  const lists = Object.entries(settings).filter(([, node]) => node.type === 'list')
  const properties = Object.fromEntries(lists.map(([name]) => [name, arrayOf(ref(`${schema}.${name}`))]))
  return {
    ...(lists.length === 0 ? ref(schema) : { allOf: [ref(schema)], properties }), // many readers do not look beside a $ref
    type: 'object',
    required: requiredOf(settings),
    unevaluatedProperties: false,
  }
}

const requiredOf = (settings: Settings): readonly string[] =>
  Object.entries(settings).flatMap(([name, node]) => ('required' in node && node.required ? [name] : []))

/** An entry with what it must have, and with what has an example. */
function newEntryExample({ settings }: Group): unknown {
  const shown = Object.entries(settings).flatMap(([name, node]) =>
    'example' in node || requiredOf({ [name]: node }).length > 0 ? [name] : [],
  )
  const values = shown.map((name) => {
    const node = settings[name]
    return [name, node && node.type !== 'section' && node.type !== 'list' ? exampleOf(node) : undefined] as const
  })
  return values.some(([, value]) => value === undefined) ? undefined : Object.fromEntries(values)
}

function deleteRoute(place: Place): ApiRoute {
  const { group, parts } = place
  return {
    ...baseOf(place),
    method: 'DELETE',
    summary: `Removes an entry. ${group.description}`,
    role: verbRoles.delete,
    isChange: true,
    query: changeParameters,
    result: changeResult,
    call: (input) => ({ method: 'delete', params: { name: nameIn(parts, input), ...actOptions(input) } }),
  }
}

/** The settings of a body by their dotted names. @throws SPY_API_BODY */
function dotted(settings: Settings, parts: readonly string[], body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const pairs = Object.entries(body).flatMap(([name, value]): [string, unknown][] => {
    const node = Object.hasOwn(settings, name) ? settings[name] : undefined
    const path = [...parts, name]
    if (node === undefined) throw fail('SPY_API_BODY', [`there is no setting ${formatName(path)}`])
    if (node.type !== 'section') return [[formatName(path), value]]
    if (!isRecord(value)) throw fail('SPY_API_BODY', [`${formatName(path)} is not an object`])
    return Object.entries(dotted(node.settings, path, value))
  })
  return Object.fromEntries(pairs)
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
