/** Exchanges recorded with the reference agent 2.6.1, sent to our endpoint: same HTTP status, same echo, same status, same shapes. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { declareKind } from '@spyglass/agent/contract'
import { type MBeanServer, createMBeanServer } from '../../../support/mbean-server.ts'

interface Exchange {
  readonly label: string
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body: unknown
  readonly headers: Record<string, string>
  readonly status: number
  readonly contentType: string | null
  readonly response: unknown
}

const fixture = (name: string): unknown => JSON.parse(readFileSync(new URL(`../../../fixtures/jolokia/${name}`, import.meta.url), 'utf8'))
const exchanges = fixture('reference-2.6.1.json') as Exchange[]
const adapterRequests = fixture('jmx-adapter-requests.json') as { path: string; body: { type: string; mbean?: string; path?: string } }[]

/** Where we differ on purpose. */
const DIFFERENT: Readonly<Record<string, string>> = {
  'write back': 'writing is refused by default',
  'write bad value': 'writing is refused by default',
  exec: 'executing is refused by default',
  'exec no op': 'executing is refused by default',
  'exec args count': 'executing is refused by default',
  'overloaded no sig': 'executing is refused by default',
  'overloaded sig': 'executing is refused by default',
  cfg1: 'executing is refused by default',
  callback: 'JSONP hands the answer to any web page: not offered',
  'callback bad': 'JSONP hands the answer to any web page: not offered',
  'list attr one': 'a fourth part of a list path is resolved, as version 1 did',
  'list overloaded': 'there is no such bean operation; a fourth part is resolved, as version 1 did',
  preflight: 'cross-origin access is off by default',
  maxDepth1: 'a cut value is its JSON text, not the toString of Java',
  maxObjects: 'objects are counted in another order',
  maxCollectionSize: 'threads have no ids here; tree.test.ts holds the limit',
}

/** Parts of Java's answers that Node.js has no counterpart for. */
const ABSENT = new Set(['ObjectPendingFinalizationCount', 'gc', 'op', 'cache', 'domains', 'notif'])

let server: MBeanServer

beforeAll(async () => {
  server = await createMBeanServer()
  server.registry.register(
    integrationAttributes,
    {},
    { List: () => ['jolokia', 'habanero'], Set: () => ['a'], Null: () => undefined, IntValue: () => 0 },
  )
  const rows = [1, 2].map((n) => ({ Column1: `Value${n}.0`, Column2: `Value${n}.1`, Column3: `Value${n}.2` }))
  server.registry.register(integrationTables, {}, { Table1: () => rows, Table2: () => rows })
})
afterAll(() => server.app.close())

/** Counterparts of the reference's integration test beans. */
const integrationAttributes = declareKind({
  name: 'integrationAttributes',
  domain: 'jolokia.it',
  type: 'attribute',
  keys: [],
  description: 'Values of several types.',
  attributes: {
    List: { type: { array: 'string' }, role: 'text', description: 'A list.' },
    Set: { type: { array: 'string' }, role: 'text', description: 'A set.' },
    Null: { type: 'string', role: 'text', description: 'Nothing.' },
    IntValue: { type: 'int', role: 'gauge', description: 'A number.' },
  },
})
const row = { Column1: 'string', Column2: 'string', Column3: 'string' } as const
const integrationTables = declareKind({
  name: 'integrationTables',
  domain: 'jolokia.it',
  type: 'tabularData',
  keys: [],
  description: 'Tables.',
  attributes: {
    Table1: { type: { table: 'Row', row, index: ['Column1'] }, role: 'text', description: 'One index.' },
    Table2: { type: { table: 'Row', row, index: ['Column1', 'Column2'] }, role: 'text', description: 'Two.' },
  },
})

async function send({ method, path, body, headers }: Exchange) {
  const payload = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await server.app.inject({ method, url: path, headers, ...(body === null ? {} : { payload }) })
  const isJson = String(response.headers['content-type']).startsWith('application/json')
  return {
    status: response.statusCode,
    contentType: response.headers['content-type'],
    body: isJson ? (JSON.parse(response.body) as unknown) : response.body,
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Where `ours` is not of the shape of `theirs`: our own extra keys are allowed at any place that holds names. */
function differences(ours: unknown, theirs: unknown, at: string): string[] {
  if (Array.isArray(theirs) && Array.isArray(ours))
    return ours.length > 0 && theirs.length > 0 ? differences(ours[0], theirs[0], `${at}[0]`) : []
  if (isObject(theirs) && isObject(ours)) {
    return Object.keys(theirs).flatMap((key) => {
      if (ABSENT.has(key) || /^(name|type)=|^java\.lang:name|^Value/.test(key) || !/^(java\.lang|jolokia|java\.nio|[^.]+)$/.test(key))
        return []
      return Object.hasOwn(ours, key) ? differences(ours[key], theirs[key], `${at}.${key}`) : [`${at}.${key} is missing`]
    })
  }
  const kind = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value)
  return kind(ours) === kind(theirs) ? [] : [`${at} is ${kind(ours)}, not ${kind(theirs)}`]
}

function statusesOf(body: unknown): unknown {
  return Array.isArray(body)
    ? body.map((member: Record<string, unknown>) => member['status'])
    : isObject(body)
      ? [body['status'], body['error_type']]
      : body === ''
        ? ''
        : 'text'
}

function echoesOf(body: unknown): unknown {
  return Array.isArray(body)
    ? body.map((member: Record<string, unknown>) => member['request'])
    : isObject(body)
      ? body['request']
      : undefined
}

/** Domains of Java alone, and the order and number of its collectors and pools, are no part of the protocol. */
const isAboutJava = (label: string) =>
  /^(list d1|list d2|list cache|search noncanon|version|root|root slash|text\/plain post|config|notif POST|pattern multi|list index NaN|multi missing ignore|list d3|list pattern|list attr)$/.test(
    label,
  )

const [alike, different] = [exchanges.filter(({ label }) => !(label in DIFFERENT)), exchanges.filter(({ label }) => label in DIFFERENT)]
const [refused, deliberate] = [/writ|exec/, /^(?!.*(writ|exec))/].map((reason) =>
  different.filter(({ label }) => reason.test(DIFFERENT[label] ?? '')),
)

function valueDifferences({ label, response }: Exchange, body: unknown): string[] {
  if (!isObject(response) || !isObject(body) || isAboutJava(label)) return []
  return differences(body['value'], response['value'], 'value')
}

describe('the reference agent and ours', () => {
  it.each(alike)('answer alike: $label', async (exchange) => {
    const ours = await send(exchange)
    expect(ours.status).toBe(exchange.status)
    expect(ours.contentType).toBe(exchange.contentType ?? ours.contentType)
    expect(statusesOf(ours.body)).toEqual(statusesOf(exchange.response))
    expect(echoesOf(ours.body)).toEqual(echoesOf(exchange.response))
    expect(valueDifferences(exchange, ours.body)).toEqual([])
  })

  it.each(refused!)('differ on purpose, ours being read-only: $label', async (exchange) => {
    expect(statusesOf((await send(exchange)).body)).toEqual([403, 'java.lang.Exception'])
  })

  it.each(deliberate!)('differ on purpose, without an error of ours: $label', async (exchange) => {
    expect([200, 400]).toContain((await send(exchange)).status)
  })

  // Asked of the reference 2.6.1, which answered so.
  it.each<[string, unknown]>([
    ['list/j*?maxDepth=1', { 'java.lang': '1', 'java.nio': '1', jolokia: '1', 'jolokia.it': '1' }],
    ['list/*/type=Memory?maxDepth=1', { 'java.lang': '1' }],
    ['list/*/type=Memory?maxDepth=2', { 'java.lang': { 'type=Memory': '1' } }],
    ['list/*/type=Memory/class', { 'java.lang': { 'type=Memory': { class: 'sun.management.MemoryImpl' } } }],
    ['list/java.lang?maxDepth=1', 1],
    ['list/java.lang/type=Mem*?maxDepth=1', 1],
    ['list/java.lang/type=Mem*?maxDepth=2', { 'type=Memory': 1 }],
    ['list/java.lang/type=Mem*/class', { 'type=Memory': { class: 'sun.management.MemoryImpl' } }],
    ['list/java.lang/type=Memory?maxDepth=2', 1],
    ['list/java.lang/type=Memory/class?listCache=true', 'sun.management.MemoryImpl'],
    [
      'list/java.lang/type=Mem*/class?listCache=true',
      { cache: {}, domains: { 'java.lang': { 'type=Memory': { class: 'sun.management.MemoryImpl' } } } },
    ],
    ['list/java.nio?listCache=true&maxDepth=2', { 'name=direct,type=BufferPool': 1, 'name=mapped,type=BufferPool': 1 }],
    ['list/nope*', {}],
    ['list/nope/type=x*', {}],
    ['list/*/type=Nope', {}],
  ])('answers %s as the reference does', async (path, expected) => {
    const url = new URL(`http://x/jolokia/${path}`)
    url.searchParams.set('canonicalNaming', 'true')
    expect((await server.get(`${url.pathname}${url.search}`)).json.value).toEqual(expected)
  })

  it('shows what lies at the depth where a list is cut', async () => {
    const memory = async (path: string) => (await server.get(`/jolokia/list/${path}`)).json.value as Record<string, Record<string, unknown>>
    expect((await memory('*/type=Memory?maxDepth=3'))['java.lang']!['type=Memory']).toMatchObject({
      attr: '1',
      class: 'sun.management.MemoryImpl',
    })
    expect((await memory('java.lang/type=Mem*?maxDepth=3'))['type=Memory']).toMatchObject({ attr: { Verbose: '1' } })
    expect((await memory('java.lang?maxDepth=4'))['type=Memory']).toMatchObject({ attr: { Verbose: { r: 'true', type: 'boolean' } } })
    expect(await memory('java.lang/type=Memory?maxDepth=1&openTypes=true')).toMatchObject({
      attr: expect.stringContaining('"openType"') as string,
    })
  })

  it('shows the parts of version, list and register that clients read', async () => {
    const value = async (path: string) => (await server.get(path)).json.value
    expect(await value('/jolokia/version')).toMatchObject({
      protocol: '8.2',
      details: { secured: false, agent_id: 'test' },
      config: {},
      info: { jmx: {} },
    })
    expect(await value('/jolokia/list/java.lang/type=Memory/attr')).toMatchObject({
      HeapMemoryUsage: { r: true, rw: false, w: false, is: false, type: 'javax.management.openmbean.CompositeData' },
      Verbose: { is: true, type: 'boolean' },
      ObjectName: { type: 'javax.management.ObjectName' },
    })
    expect(await value('/jolokia/list/java.nio?listCache=true')).toMatchObject({
      cache: { 'java.nio:javaBufferPool': { attr: { MemoryUsed: { type: 'long' } } } },
      domains: { 'java.nio': { 'type=BufferPool,name=direct': 'java.nio:javaBufferPool' } },
    })
    expect(await value('/jolokia/list?maxDepth=1')).toMatchObject({ 'java.lang': '1', spyglass: '1', jolokia: '1' })
    expect(await value('/jolokia/list/java.lang?maxDepth=2')).toMatchObject({ 'type=Memory': 1 })
    expect(await value('/jolokia/list/java.lang/type=Mem*')).toMatchObject({ 'type=Memory': { class: 'sun.management.MemoryImpl' } })
  })
})

describe('a JMX client behind the adapter', () => {
  const supported = adapterRequests.filter(({ body }) => body.type !== 'exec' && !/Catalina|MemoryManager/.test(JSON.stringify(body)))

  it('gets an answer of status 200 or 404 to each of its requests', async () => {
    const statuses = new Map<unknown, number>()
    for (const { path, body } of supported) {
      const { status, json } = await server.post(body, path.slice(path.indexOf('?')))
      expect(status).toBe(200)
      statuses.set(json.status, (statuses.get(json.status) ?? 0) + 1)
    }
    expect(new Set(statuses.keys())).toEqual(new Set([200, 404]))
    expect(statuses.get(200)).toBeGreaterThan(20)
  })

  it('learns the open types that it builds its values from', async () => {
    const { json } = await server.get('/jolokia/list/java.lang/type=Runtime?openTypes=true&listInterfaces=true')
    expect(json.value).toMatchObject({
      interfaces: ['java.lang.management.RuntimeMXBean', 'java.lang.management.PlatformManagedObject'],
      attr: {
        Uptime: { openType: 'java.lang.Long' },
        InputArguments: {
          type: '[Ljava.lang.String;',
          openType: { kind: 'array', class: '[Ljava.lang.String;', dimension: 1, primitive: false, elemType: 'java.lang.String' },
        },
        SystemProperties: {
          type: 'javax.management.openmbean.TabularData',
          openType: {
            kind: 'tabular',
            index: ['key'],
            rowType: { kind: 'composite', items: { key: 'java.lang.String', value: 'java.lang.String' } },
          },
        },
      },
    })
  })
})
