/** A Fastify server with the MBean endpoint over a registry that holds a bit of everything. */
import Fastify, { type FastifyInstance } from 'fastify'
import { declareKind } from '@spyglass/agent/contract'
import { kindNamed, kinds } from '@spyglass/mbeans/kinds'
import { jolokiaPlugin } from '@spyglass/mbeans/jolokia'
import { registerPlatformBeans } from '@spyglass/mbeans/platform'
import { type Registry, createRegistry } from '@spyglass/agent/registry'

/** Every open type, and attributes that go wrong. */
export const sample = declareKind({
  name: 'sample',
  domain: 'test',
  type: 'Sample',
  keys: ['name'],
  description: 'A bean of every type.',
  attributes: {
    Int: { type: 'int', role: 'gauge', description: 'An int.' },
    Long: { type: 'long', role: 'gauge', description: 'A long beyond 2^53.' },
    Double: { type: 'double', role: 'gauge', description: 'A double.' },
    NaN: { type: 'double', role: 'gauge', description: 'Not a number.' },
    Boolean: { type: 'boolean', role: 'text', description: 'A boolean.' },
    String: { type: 'string', role: 'text', description: 'A string.' },
    Date: { type: 'date', role: 'text', description: 'A date.' },
    Self: { type: 'objectName', role: 'text', description: 'Its own name.' },
    Strings: { type: { array: 'string' }, role: 'text', description: 'An array.' },
    Composite: { type: { composite: 'Pair', items: { a: 'int', b: 'long' } }, role: 'text', description: 'A composite.' },
    Table1: {
      type: { table: 'Row', row: { Column1: 'string', Column2: 'int' }, index: ['Column1'] },
      role: 'text',
      description: 'A table with one index.',
    },
    Table2: {
      type: { table: 'Row', row: { Column1: 'string', Column2: 'string', Column3: 'int' }, index: ['Column1', 'Column2'] },
      role: 'text',
      description: 'A table with two.',
    },
    Map: { type: { table: 'Map', row: { key: 'string', value: 'string' }, index: ['key'] }, role: 'text', description: 'A map.' },
    Unknown: { type: 'int', role: 'gauge', description: 'Not known now.' },
    Throws: { type: 'int', role: 'gauge', description: 'Cannot be read.' },
  },
})

/** Registers a {@link sample}. */
export function addSample(registry: Registry, name: string): () => void {
  return registry.register(
    sample,
    { name },
    {
      Int: () => 42,
      Long: () => 9_007_199_254_740_993n,
      Double: () => 1.5,
      NaN: () => Number.NaN,
      Boolean: () => true,
      String: () => 'a "b" </script>',
      Date: () => 1_795_289_942_123,
      Self: () => 'test:type=Sample,name=one',
      Strings: () => ['a', 'b', 'c'],
      Composite: () => ({ a: 1, b: 2n }),
      Table1: () => [
        { Column1: 'x', Column2: 1 },
        { Column1: 'y', Column2: 2 },
      ],
      Table2: () => [
        { Column1: 'x', Column2: 'p', Column3: 1 },
        { Column1: 'x', Column2: 'q', Column3: 2 },
      ],
      Map: () => [
        { key: '__proto__', value: 'no' },
        { key: 'k', value: 'v' },
      ],
      Unknown: () => undefined,
      Throws: () => {
        throw new Error('secret detail of the agent')
      },
    },
  )
}

/** Pushes what an instance with one listener and one pool would push. */
export function pushInstance(registry: Registry, name: string): void {
  registry.adopt(name, {
    time: 1_795_289_942_000,
    resources: [
      { kind: 'instance', keys: { name }, values: { name, state: 'ready', activeRequests: 3, errors: 1, requestTime: 2.5 } },
      {
        kind: 'listener',
        keys: { instance: name, name: 'http' },
        values: { port: 8080, state: 'open', connections: 5, requests: 100, bytesReceived: 10, bytesSent: 20 },
      },
      {
        kind: 'datasource',
        keys: { instance: name, name: 'shop' },
        values: { activeConnections: 4, idleConnections: 1, waitingBorrowers: 2, minConnections: 1, maxConnections: 5, state: 'ok' },
      },
    ],
  })
}

export interface MBeanServer extends AsyncDisposable {
  readonly app: FastifyInstance
  readonly registry: Registry
  get(path: string): Promise<Reply>
  post(body: unknown, query?: string): Promise<Reply>
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  /** Parsed body, where it is JSON. */
  readonly json: { readonly value?: unknown; readonly status?: number; readonly [field: string]: unknown }
}

/** Starts nothing: requests are injected unless the test listens. */
export async function createMBeanServer(now?: () => number): Promise<MBeanServer> {
  const registry = createRegistry({ kindNamed, ...(now ? { now } : {}) })
  registerPlatformBeans(registry, { processName: 'test' })
  const app = Fastify({ forceCloseConnections: true })
  await app.register(jolokiaPlugin, { registry, agentId: 'test', version: '0.1.0', ...(now ? { now } : {}) })
  const reply = ({ statusCode, headers, body }: { statusCode: number; headers: object; body: string }): Reply => ({
    status: statusCode,
    headers: headers as Record<string, unknown>,
    text: body,
    json: /^[[{]/.test(body) ? (JSON.parse(body) as Reply['json']) : {},
  })
  return {
    app,
    registry,
    get: async (path) => reply(await app.inject({ url: path })),
    post: async (body, query = '') => {
      const payload = typeof body === 'string' ? body : JSON.stringify(body)
      return reply(await app.inject({ method: 'POST', url: `/jolokia/${query}`, payload, headers: { 'content-type': 'application/json' } }))
    },
    [Symbol.asyncDispose]: () => app.close(),
  }
}

export { kinds }
