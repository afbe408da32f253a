/** Operations of resources: those that are configured at the place of their settings, others below `resources`. */
import { type ArgumentDeclaration, type OperationDeclaration, type ResourceKind } from '@spyglass/agent/contract'
import { kinds } from '@spyglass/mbeans/kinds'
import { formatName } from '../../settings/index.ts'
import { type JsonSchema, objectOf, openTypeSchema, ref } from '../json-schema.ts'
import { actOptions, actParameters, followParameter, type ApiInput, type ApiRoute, type QueryParameter } from './route.ts'
import { places } from './places.ts'

interface Owner {
  readonly kind: ResourceKind
  /** Parts of the dotted name and of the path. */
  readonly parts: readonly string[]
  /** What the path has before them. */
  readonly below: string
}

export function operationRoutes(): readonly ApiRoute[] {
  const configured = configuredOwners()
  return [...configured, ...liveOwners(configured)].flatMap((owner) =>
    Object.entries(owner.kind.operations ?? {}).map(([name, declared]) => operationRoute(owner, name, declared)),
  )
}

const configuredOwners = (): readonly Owner[] =>
  places().flatMap(({ group, parts }): Owner[] => {
    if (group.kind === undefined || parts.length > 1) return []
    return [{ kind: kinds[group.kind], parts: group.type === 'list' ? [...parts, '{name}'] : parts, below: '' }]
  })

const liveOwners = (configured: readonly Owner[]): readonly Owner[] =>
  Object.values<ResourceKind>(kinds)
    .filter((kind) => !configured.some((owner) => owner.kind === kind))
    .map((kind) => ({ kind, parts: [kind.name, ...kind.keys.map((key) => `{${key}}`)], below: '/resources' }))

function operationRoute({ kind, parts, below }: Owner, name: string, declared: OperationDeclaration): ApiRoute {
  const { description, role, impact, arguments: given = {}, follows = false } = declared
  const isChange = impact === 'action'
  const archive = Object.keys(given).find((argument) => given[argument]?.archiveNamedBy !== undefined)
  const inQuery = isChange ? { ...actParameters, ...(archive === undefined ? {} : queryOf(given, archive)) } : queryOf(given)
  const parameters = parts.filter((part) => part.startsWith('{')).map((part) => [part.slice(1, -1), `Of the ${kind.name}.`])
  return {
    method: isChange ? 'POST' : 'GET',
    path: `${below}/${[...parts, name].join('/')}`,
    tag: below === '' ? (parts[0] ?? '') : 'resources',
    name: [...parts, name].join('.'),
    parameters: Object.fromEntries(parameters) as Record<string, string>,
    summary: description,
    role,
    isChange,
    query: follows ? { ...inQuery, follow: followParameter } : inQuery,
    ...(isChange && Object.keys(given).length > 0 ? { body: bodyOf(given) } : {}),
    ...(archive === undefined ? {} : { archive: { argument: archive, namedBy: given[archive]?.archiveNamedBy ?? '' } }),
    result: resultOf(declared),
    ...(follows ? { stream: streamOf({ kind, name, declared }) } : {}),
    call(input) {
      const values = { ...argumentsIn(input, given), ...input.body }
      const path = parts.map((part) => (part.startsWith('{') ? (input.path[part.slice(1, -1)] ?? '') : part))
      const options = isChange ? actOptions(input) : {}
      return { method: 'invoke', params: { name: formatName([...path, name]), arguments: values, ...options } }
    },
  }
}

interface OwnOperation {
  readonly kind: ResourceKind
  readonly name: string
  readonly declared: OperationDeclaration
}

function streamOf({ kind, name, declared: { result = 'string', arguments: given = {} } }: OwnOperation): NonNullable<ApiRoute['stream']> {
  const item = typeof result === 'object' && 'array' in result ? result.array : result
  return {
    item: openTypeSchema(item),
    call: (input) => ({
      method: 'follow',
      params: { operation: `${kind.name}.${name}`, keys: input.path, arguments: argumentsIn(input, given) },
    }),
  }
}

type Arguments = Readonly<Record<string, ArgumentDeclaration>>

function bodyOf(given: Arguments): NonNullable<ApiRoute['body']> {
  const optional = Object.keys(given).filter((name) => given[name]?.optional)
  const schemas = Object.fromEntries(Object.entries(given).map(([name, argument]) => [name, argumentSchema(argument)]))
  const examples = Object.entries(given).flatMap(([name, { example }]) => (example === undefined ? [] : [[name, example] as const]))
  const isComplete = Object.keys(given).every((name) => optional.includes(name) || given[name]?.example !== undefined)
  return {
    schema: { ...objectOf(schemas, optional), additionalProperties: false },
    isRequired: optional.length < Object.keys(given).length,
    ...(isComplete && examples.length > 0 ? { example: Object.fromEntries(examples) } : {}),
  }
}

function argumentSchema({ type, description, values, secret, example, settingsOf }: ArgumentDeclaration): JsonSchema {
  return {
    ...(settingsOf === undefined ? openTypeSchema(type) : ref(settingsOf)),
    description,
    ...(values ? { enum: values } : {}),
    ...(secret ? { writeOnly: true } : {}),
    ...(example === undefined ? {} : { examples: [example] }),
  }
}

/** Arguments as query parameters, without the one that the body is. */
function queryOf(given: Arguments, archive?: string): Readonly<Record<string, QueryParameter>> {
  const inQuery = Object.entries(given).filter(([name]) => name !== archive)
  return Object.fromEntries(
    inQuery.map(([name, argument]): [string, QueryParameter] => [
      name,
      {
        schema: argumentSchema(argument),
        description: archive === undefined ? argument.description : `With an archive as the body: ${argument.description}`,
        ...(argument.optional || archive !== undefined ? {} : { isRequired: true }),
      },
    ]),
  )
}

function argumentsIn({ query }: ApiInput, given: Arguments): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.keys(given).flatMap((name) => (query[name] === undefined ? [] : [[name, query[name]]])))
}

function resultOf({ impact, result }: OperationDeclaration): JsonSchema {
  const change: JsonSchema = { type: 'integer', description: 'Number in the history.' }
  const value = result === undefined ? { type: 'null' } : openTypeSchema(result)
  return impact === 'info' ? objectOf({ result: value }) : objectOf({ change, result: value }, ['change', 'result'])
}
