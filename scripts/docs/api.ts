/** docs/reference/api.md and openapi.json, from the table of the API's routes. */
import { type ApiRoute, apiRoutes, openApiDocument, statusOf } from '@spyglass/process/administration-api'
import { code, document, section, table } from './markdown.ts'

export function openApiJson(): string {
  return `${JSON.stringify(openApiDocument({ prefix: '/api/v1' }), undefined, 1)}\n`
}

export function apiPage(): string {
  const byTag = Map.groupBy(apiRoutes, ({ tag }) => tag)
  return document('Administration API', INTRODUCTION, [
    section('Conditions and answers', CONDITIONS, statusTable()),
    ...[...byTag].map(([tag, routes]) => section(tag, table(['Request', 'Role', 'Parameters', 'Meaning'], routes.map(rowOf)))),
  ])
}

const INTRODUCTION = [
  'The acts of the command line over HTTP, below `/api/v1` on the management port: the same names, users, roles, tokens, checks and history.',
  '[openapi.json](openapi.json) has every argument, setting and answer with its type, range, default and unit; a running server has it at',
  '`/api/v1/openapi.json`. [How to use it](../how-to/administer-by-api.md).',
  '',
  'The path of a section, an entry or an operation is its dotted name with slashes: `applications.shop.rollback` is',
  '`POST /api/v1/applications/shop/rollback`. Live resources are below `/api/v1/resources`.',
].join('\n')

const CONDITIONS = [
  '- Credentials: Basic with a user and password, or a token as Bearer. A role may do what is listed for it and for the roles before it: viewer, operator, administrator.',
  '- Changes from other machines need `management.remoteChanges`; from this machine credentials are enough.',
  '- Every change takes `reason` and `dryRun`, changes of settings also `for` or `until`, as query parameters.',
  '- A body is JSON (`application/json` or `application/merge-patch+json`). In a change `null` takes a setting back to what the file says, or to its default.',
  '- A request is answered when what it asks for is done; a deployment or reload may take minutes. The outcome is also in the history, for a client that has disconnected.',
  '- Every GET has an ETag: with `If-None-Match` an unchanged answer is 304. `If-Match` binds a PATCH or DELETE to what was read.',
  '- No request from a page of another site is accepted, and there are no CORS headers.',
  '- Whatever fails is a problem document (RFC 9457) with a stable `code` of [all errors](errors.md).',
].join('\n')

/** One example for each status; errors.md has all codes. */
const EXAMPLES = [
  'SPY_API_BODY',
  'SPY_UNAUTHORISED',
  'SPY_API_ROLE',
  'SPY_ADMIN_NAME_UNKNOWN',
  'SPY_API_METHOD',
  'SPY_ADMIN_NAME_EXISTS',
  'SPY_API_CHANGED',
  'SPY_API_TOO_LARGE',
  'SPY_API_MEDIA_TYPE',
  'SPY_CONFIG_INVALID',
  'SPY_TOO_MANY_GUESSES',
  'SPY_SERVER_UNREACHABLE',
  'SPY_LOCAL_SLOW',
  'SPY_ADMIN_UNWRITABLE',
] as const

const MEANINGS: Readonly<Record<number, string>> = {
  400: 'The request is malformed: a parameter, a body, a name.',
  401: 'No credentials, or wrong ones.',
  403: 'The role is too low, the request comes from another machine, or from a page of another site.',
  404: 'Nothing is there, or has that name.',
  405: 'The path has other methods: see `Allow`.',
  409: 'It conflicts with what is there; or an operation was carried out and failed: an application that does not start.',
  412: 'It has changed since it was read (`If-Match`).',
  413: 'The body is too large.',
  415: 'The body is neither JSON nor, where one is accepted, an archive.',
  422: 'The values are refused: a setting, an argument or the configuration as a whole would be invalid. Nothing was changed.',
  429: 'Too many wrong passwords: see `Retry-After`.',
  503: 'The process that decides does not answer now: see `Retry-After`.',
  504: 'It is not done after ten minutes, and may still be running: see the history.',
  507: 'The change cannot be kept on the disk.',
}

const statusTable = (): string =>
  table(
    ['Status', 'Meaning', 'For instance'],
    EXAMPLES.map((example) => [String(statusOf(example)), MEANINGS[statusOf(example)] ?? '', code(example)]),
  )

function rowOf(route: ApiRoute): string[] {
  const { method, path, role, summary, body, archive } = route
  const query = Object.keys(route.query ?? {}).map(code)
  const given = archive === undefined ? (body ? ['a JSON body'] : []) : ['a JSON body or an archive']
  return [code(`${method} ${path}`), role, [...given, ...query].join(', '), summary]
}
