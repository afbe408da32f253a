import { Validator } from '@seriousme/openapi-schema-validator'
import { type ResourceKind, roles } from '@spyglass/agent/contract'
import { allKinds } from '@spyglass/mbeans/kinds'
import { type ApiRoute, apiRoutes, openApiDocument, operationId } from '@spyglass/process/administration-api'
import { declaredSettings, type Node, spyglassSettings } from '@spyglass/process/settings'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { apiWorld } from './support.ts'

const document = openApiDocument({ prefix: '/api/v1' })
const components = (document['components'] as { readonly schemas: Readonly<Record<string, Schema>> }).schemas

interface Schema {
  readonly $ref?: string
  readonly properties?: Readonly<Record<string, Schema>>
}

const MEMBER = 'postgres://shop@db.example.org/shop'
/** Entries for every list, so that each path leads to something. */
const file = {
  listeners: [{ name: 'shop', tls: { certificates: [] } }],
  hosts: [{ name: 'shop' }],
  applications: [{ name: 'shop', folder: 'applications/shop', listener: 'shop' }],
  datasources: [
    { name: 'shop', file: 'shop.db' },
    { name: 'group', driver: 'pg', members: [{ url: MEMBER }], routes: [{ to: 'write' }] },
  ],
  sessions: [{ name: 'shop' }],
  realms: [{ name: 'shop', sessions: 'shop', file: 'staff.json' }],
  rateLimits: [{ name: 'shop' }],
  caches: [{ name: 'shop' }],
  jobs: [{ name: 'shop' }],
  workerPools: [{ name: 'shop', file: 'resize.js' }],
  mailServers: [{ name: 'shop', url: 'smtp://mail.example.org' }],
  redisServers: [{ name: 'shop', url: 'redis://cache.example.org' }],
  httpClients: [{ name: 'shop', url: 'https://payments.example.org' }],
  alerting: {
    receivers: [{ name: 'shop', url: 'https://alerts.example/hook' }],
    maintenance: [{ name: 'shop', hours: ['02:00-04:00'] }],
  },
  snmp: { trapTargets: [{ host: 'shop', port: 162, community: 'c' }] },
}

/** An address of a route; each parameter names the entry that the file above has, and what it must be asked with is its example. */
const addressOf = (route: ApiRoute): string => {
  const required = Object.entries(route.query ?? {}).filter(([, { isRequired }]) => isRequired)
  const query = new URLSearchParams(
    required.map(([name, { schema }]): [string, string] => [name, String((schema['examples'] as unknown[])[0])]),
  )
  return `${pathOf(route)}${query.size === 0 ? '' : `?${query.toString()}`}`
}

const pathOf = ({ path }: ApiRoute): string =>
  path
    .replace('/trapTargets/{name}', '/trapTargets/shop:162')
    .replace(/\{name\}\/(?=members|routes)/, 'group/')
    .replace('{routesName}', 'write')
    .replace('{membersName}', encodeURIComponent(MEMBER))
    .replaceAll(/\{\w+\}/g, 'shop')

test('the document is valid OpenAPI 3.1', async () => {
  const result = await new Validator().validate(structuredClone(document) as Record<string, unknown>)
  expect(result).toEqual({ valid: true })
})

test('no two routes share path and method, and no two operations an id', () => {
  const keys = apiRoutes.map(({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`)
  expect(keys).toEqual([...new Set(keys)])
  const ids = apiRoutes.map(operationId)
  expect(ids).toEqual([...new Set(ids)])
})

test('every declared setting is in the schema of its group, with its type, range, default and when it counts', () => {
  for (const { path, setting, applies } of declaredSettings()) {
    const parts = path.replaceAll('[]', '').split('.')
    if (parts.length === 1) continue // by its dotted name only
    const schema = components[parts.slice(0, -1).join('.')]?.properties?.[parts.at(-1) ?? ''] as Record<string, unknown> | undefined
    expect(schema, path).toMatchObject({ description: setting.description, 'x-applies': applies })
    if (setting.default !== undefined) expect(schema?.['default'], path).toEqual(setting.default)
    if (setting.type === 'int') expect(schema, path).toMatchObject({ type: ['integer', 'null'], minimum: setting.min })
    if (setting.type === 'choice') expect(schema?.['enum'], path).toEqual([...setting.values, null])
    if (setting.secret) expect(schema?.['writeOnly'], path).toBe(true)
  }
})

test('every setting is reached by its dotted name, and by a path if it has a section', async () => {
  const { send } = await apiWorld({ file })
  const shown = (await send('GET', '/settings')).json as readonly { readonly name: string }[]
  const known = new Set(
    shown.map(({ name }) =>
      name
        .replace(
          /^(listeners|hosts|applications|datasources|sessions|realms|rateLimits|caches|jobs|workerPools|mailServers|redisServers|httpClients|alerting\.receivers|alerting\.maintenance)\.shop\./,
          '$1[].',
        )
        .replace('trapTargets.shop:162.', 'trapTargets[].')
        .replace(/^datasources\.group\.(members|routes)\..*\.(?=\w+$)/, 'datasources[].$1[].'),
    ),
  )
  const missing = declaredSettings().filter(({ path }) => !known.has(path) && !path.includes('certificates[]'))
  expect(missing.map(({ path }) => path)).toEqual([])
  for (const route of apiRoutes.filter(({ method, path }) => method === 'GET' && !/resources|certificates\/|versions/.test(path))) {
    const { status } = await send('GET', addressOf(route))
    expect(status, route.path).toBe(200)
  }
})

/** Where resources of a kind are: among the live ones, and in the sections and lists of the configuration that name it. */
const placesOf = ({ name }: ResourceKind): readonly string[] => [
  name,
  ...Object.entries<Node>(spyglassSettings).flatMap(([place, node]) => ('kind' in node && node.kind === name ? [place] : [])),
]

test('every declared operation has one route, in its role', async () => {
  const { send, invoked } = await apiWorld({ file })
  for (const kind of allKinds) {
    for (const [name, { role, impact }] of Object.entries(kind.operations ?? {})) {
      const found = apiRoutes.filter(
        ({ name: dotted = '', isChange, role: needed }) =>
          dotted.endsWith(`.${name}`) &&
          placesOf(kind).some((place) => dotted.startsWith(`${place}.`)) &&
          isChange === (impact === 'action') &&
          needed === role,
      )
      expect(
        found.map(({ path }) => path),
        `${kind.name}.${name}`,
      ).toHaveLength(1)
      const [route] = found
      if (!route) continue
      const { status } = await send(route.method, addressOf(route), route.body?.example)
      expect([status, invoked.at(-1)?.operation], route.path).toEqual([200, `${kind.name}.${name}`])
      const lower = roles[roles.indexOf(role) - 1]
      if (lower) expect((await send(route.method, addressOf(route), route.body?.example, { role: lower })).status, route.path).toBe(403)
    }
  }
})

test('every example fits its schema and is accepted', async () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema({ $id: 'api', components: { schemas: components } })
  const withExample = apiRoutes.filter(({ body }) => body?.example !== undefined)
  expect(withExample.length).toBeGreaterThan(25)
  const empty = await apiWorld({ file: { sessions: [{ name: 'visitors' }] } })
  const full = await apiWorld({ file })
  for (const route of withExample) {
    const schema = JSON.parse(JSON.stringify(route.body?.schema).replaceAll('"#/components', '"api#/components')) as object
    const validate = ajv.compile(schema)
    expect(validate(route.body?.example), `${route.path}: ${JSON.stringify(validate.errors)}`).toBe(true)
    if (/certificates/.test(route.path)) continue // their files must exist
    const isNew = route.status === 201 && !route.path.includes('{')
    const answer = await (isNew ? empty : full).send(route.method, `${pathOf(route)}?dryRun=true`, route.body?.example)
    expect([answer.status, answer.text.slice(0, 300)], `${route.method} ${route.path}`).toEqual([200, expect.any(String) as string])
  }
})

test('the answers of administration fit their schemas', async () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema({ $id: 'api', components: { schemas: components } })
  const { send } = await apiWorld({ file })
  await send('PATCH', '/applications/shop?reason=why&for=1h', { replicas: 2, environment: { A: 'b' } })
  await send('POST', '/applications/shop/rollback', { version: 3 })
  await send('POST', '/undo?change=1')
  for (const route of apiRoutes.filter(
    ({ method, path }) => method === 'GET' && !/certificates\/|resources\/\w+\/|versions|users|tokens/.test(path),
  )) {
    const { json, status } = await send('GET', addressOf(route))
    if (status !== 200) continue
    const validate = ajv.compile(JSON.parse(JSON.stringify(route.result).replaceAll('"#/components', '"api#/components')) as object)
    expect(validate(json), `${route.path}: ${JSON.stringify(validate.errors?.slice(0, 2))}`).toBe(true)
  }
})
