/** The OpenAPI 3.1 document of the API, from the table of its routes. */
import { readFileSync } from 'node:fs'
import { STATUS_CODES } from 'node:http'
import { type JsonSchema, ref } from './json-schema.ts'
import { type ApiRoute, apiRoutes, changeParameters, type QueryParameter } from './routes/index.ts'
import { componentSchemas } from './schemas.ts'

/** Media types of archives that are deployed. */
export const archiveTypes: Readonly<Record<string, string>> = {
  'application/gzip': '.tgz',
  'application/x-gzip': '.tgz',
  'application/x-tar': '.tar',
  'application/zip': '.zip',
}

/** A change is a JSON Merge Patch (RFC 7396) of the settings: members that are absent stay, `null` takes one back. */
export const jsonTypes = ['application/json', 'application/merge-patch+json'] as const

export interface OpenApiOptions {
  /** Path that all paths are below: `/api/v1`. */
  readonly prefix: string
}

export type OpenApiDocument = Readonly<Record<string, unknown>>

export function openApiDocument({ prefix }: OpenApiOptions): OpenApiDocument {
  const byPath = Map.groupBy(apiRoutes, ({ path }) => path)
  return {
    openapi: '3.1.0',
    jsonSchemaDialect: 'https://spec.openapis.org/oas/3.1/dialect/base',
    info: {
      title: 'Spyglass administration',
      version: versionOfPackage(),
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: prefix }],
    security: [{ basic: [] }, { bearer: [] }],
    tags: [...new Set(apiRoutes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths: Object.fromEntries([...byPath].map(([path, routes]) => [path, pathItem(routes)])),
    components: {
      securitySchemes: {
        basic: { type: 'http', scheme: 'basic', description: 'User and password.' },
        bearer: { type: 'http', scheme: 'bearer', description: 'A token, as `spyglass token create` makes it.' },
      },
      parameters: sharedParameters,
      responses: { Problem: { description: 'What is wrong.', content: { 'application/problem+json': { schema: ref('Problem') } } } },
      schemas: componentSchemas(),
    },
  }
}

/** All packages of Spyglass have one version. */
function versionOfPackage(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string }
  return manifest.version
}

const DESCRIPTION =
  'The acts of the command line over HTTP: list, get, set, create, delete, invoke, history, undo and diff, with the same users, roles, tokens and history. The path of a section, an entry or an operation is its dotted name with slashes. An operation is answered when it is done; its outcome is also in the history, for a client that has disconnected.'

function pathItem(routes: readonly ApiRoute[]): JsonSchema {
  const parameters = Object.entries(routes[0]?.parameters ?? {}).map(([name, description]) => ({
    name,
    in: 'path',
    required: true,
    description,
    schema: { type: 'string' },
  }))
  const operations = routes.map((route) => [route.method.toLowerCase(), operationOf(route)])
  return { ...(parameters.length === 0 ? {} : { parameters }), ...(Object.fromEntries(operations) as JsonSchema) }
}

function operationOf(route: ApiRoute): JsonSchema {
  const { method, tag, summary, role, name, result, status = 200 } = route
  const query = Object.entries(route.query ?? {}).map(([parameter, declared]) =>
    changeParameters[parameter] === declared ? { $ref: `#/components/parameters/${parameter}` } : queryParameter(parameter, declared),
  )
  const parameters = [...query, ...conditions(route)]
  return {
    operationId: operationId(route),
    tags: [tag],
    summary,
    'x-role': role,
    ...(name === undefined ? {} : { 'x-name': name }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...bodyOf(route),
    responses: {
      [status]: { description: STATUS_CODES[status] ?? '', ...etag(method), content: contentOf(route) },
      ...(status === 201 ? { 200: { description: 'A dry run.', content: { 'application/json': { schema: result } } } } : {}),
      ...(method === 'GET' ? { 304: { description: STATUS_CODES[304] ?? '' } } : {}),
      ...Object.fromEntries(['4XX', '5XX'].map((statuses) => [statuses, { $ref: '#/components/responses/Problem' }])),
    },
  }
}

/** Media type of a list that is sent item by item. */
export const STREAM_TYPE = 'application/x-ndjson'

const contentOf = ({ result, stream }: ApiRoute): JsonSchema => ({
  'application/json': { schema: result },
  ...(stream ? { [STREAM_TYPE]: { schema: stream.item } } : {}),
})

/** A schema whose values have members: as a query parameter it is JSON. */
export const isObject = ({ type, $ref }: JsonSchema): boolean => type === 'object' || $ref !== undefined

const etag = (method: string): JsonSchema =>
  method === 'GET' ? { headers: { ETag: { description: 'Changes with the answer.', schema: { type: 'string' } } } } : {}

/** Whether a change may be bound to what was read. */
export const isConditional = ({ method }: ApiRoute): boolean => method === 'PATCH' || method === 'DELETE'

function queryParameter(name: string, { schema, description, isRequired }: QueryParameter): JsonSchema {
  return {
    name,
    in: 'query',
    description,
    ...(isRequired ? { required: true } : {}),
    ...(isObject(schema) ? { content: { 'application/json': { schema } } } : { schema }),
  }
}

const header = (name: string, description: string): JsonSchema => ({ name, in: 'header', description, schema: { type: 'string' } })

const sharedParameters: Readonly<Record<string, JsonSchema>> = {
  ...Object.fromEntries(Object.entries(changeParameters).map(([name, declared]) => [name, queryParameter(name, declared)])),
  ifNoneMatch: header('If-None-Match', 'ETag of an earlier answer: 304 if it is still the same.'),
  ifMatch: header('If-Match', 'ETag of a GET of the same path: 412 if the settings have changed since.'),
}

function conditions(route: ApiRoute): readonly JsonSchema[] {
  const name = route.method === 'GET' ? 'ifNoneMatch' : isConditional(route) ? 'ifMatch' : undefined
  return name === undefined ? [] : [{ $ref: `#/components/parameters/${name}` }]
}

function bodyOf({ body, archive }: ApiRoute): JsonSchema {
  if (!body) return {}
  const json = { schema: body.schema, ...(body.example === undefined ? {} : { example: body.example }) }
  const archives = archive === undefined ? [] : Object.keys(archiveTypes).map((type) => [type, {}])
  return {
    requestBody: {
      required: body.isRequired,
      content: { [jsonTypes[0]]: json, ...(Object.fromEntries(archives) as JsonSchema) },
    },
  }
}

/** `patchApplicationsByName` */
export function operationId({ method, path }: ApiRoute): string {
  const words = path.split(/[/-]/).filter(Boolean)
  const named = words.map((word) => (word.startsWith('{') ? `By${capital(word.slice(1, -1))}` : capital(word)))
  return `${method.toLowerCase()}${named.join('')}`
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)
