/** What the newest version of a library shows, older majors show as well: one program each, imported and required. */
import { join } from 'node:path'
import { expect, test, type TestContext } from 'vitest'
import { installFromRegistry } from '../../support/from-registry.ts'
import { type Recorded, recorded } from '../../support/instrumented.ts'
import { startMariaDb } from '../../support/mariadb.ts'
import { startRedis } from '../../support/redis.ts'

const FORMS = ['esm', 'cjs'] as const
const DECLARED = `
const sql = (name: string) => (globalThis as any)[Symbol.for('spyglass.agent')].startStatement({ system: 'sqlite', pool: 'p', text: 'SELECT x FROM ' + name }, sql).end()
declare const inRequest: (handler: () => unknown) => Promise<string>
declare const withServer: (server: unknown, use: (url: string) => unknown) => Promise<void>
declare const ask: (url: string) => Promise<string>
`
const PATHS = ['/shop/orders/42?x=1', '/nothing', '/refused', '/handled', '/fail']
const EXPECTED = [
  ['GET /shop/orders/:id', undefined, 1],
  ['GET', undefined, 0],
  ['GET /refused', undefined, 0],
  ['GET /handled', 'TypeError', 0],
  ['GET /fail', 'RangeError', 0],
]
const ASK = `for (const path of ${JSON.stringify(PATHS)}) await ask(url + path)`

const FASTIFY = `import fastify from 'fastify'
const app = fastify()
app.register(async (shop: any) => { shop.get('/orders/:id', async () => { await null; sql('orders'); return 'order' }) }, { prefix: '/shop' })
app.get('/refused', async () => { throw Object.assign(new Error('refused'), { statusCode: 403 }) })
app.get('/handled', (_request: unknown, reply: any) => { reply.code(500).send(new TypeError('handled')) })
app.get('/fail', async () => { throw new RangeError('broken') })
async function main(): Promise<void> {
  await app.ready()
  await withServer(app.server, async (url) => { ${ASK} })
}
${DECLARED}`

const KOA = `import Koa from 'koa'
import Router from '@koa/router'
const app = new Koa()
app.silent = true
const router = new Router()
router.get('/shop/orders/:id', async (context: any) => { await null; sql('orders'); context.body = 'order' })
router.get('/refused', (context: any) => context.throw(403))
router.get('/handled', (context: any) => { try { throw new TypeError('handled') } catch (error) { context.app.emit('error', error, context); throw error } })
router.get('/fail', () => { throw new RangeError('broken') })
app.use(router.routes() as any)
async function main(): Promise<void> {
  await withServer(app, async (url) => { ${ASK} })
}
${DECLARED}`

async function older(context: TestContext, name: string, version: string): Promise<Readonly<Record<string, string>>> {
  return { [name]: join(await installFromRegistry(context, `${name}@${version}`, 'nested'), 'node_modules', name) }
}

const shown = ({ traces }: Recorded): unknown[] =>
  traces.map(({ root, children }) => [root.name, root.attributes['error.type'], children.length])

test.for([
  ['fastify', '3.29.5', FASTIFY],
  ['fastify', '4.29.1', FASTIFY],
  ['koa', '2.16.4', KOA],
] as const)('routes and failures of %s %s', async ([name, version, program], context) => {
  const aliases = await older(context, name, version)
  for (const form of FORMS) {
    const run = await recorded(program, { form, aliases })
    expect([form, ...shown(run)]).toEqual([form, ...EXPECTED])
    expect(run.stderr).not.toContain('Deprecation')
  }
})

const GRAPHQL = `import { buildSchema, graphql } from 'graphql'
const schema = buildSchema('type Query { order(id: ID): Int  broken: Int }')
const rootValue = { order: async () => { await null; sql('orders'); return 1 }, broken: () => { throw new RangeError('broken') } }
async function main(): Promise<void> {
  await inRequest(() => graphql({ schema, rootValue, source: 'query Orders { order(id: "a secret") }' }))
  await inRequest(() => graphql({ schema, rootValue, source: 'query Broken { broken }' }))
}
${DECLARED}`

test.for(['15.11.0', '17.1.0'])('operations of graphql %s', async (version, context) => {
  const aliases = await older(context, 'graphql', version)
  for (const form of FORMS) {
    const { traces, sink } = await recorded(GRAPHQL, { form, aliases })
    const operations = traces.map(({ root, children }) => [root.attributes['error.type'], children.map(({ name }) => name).join(', ')])
    expect([form, ...operations]).toEqual([form, [undefined, 'query Orders, SELECT p'], ['RangeError', 'query Broken']])
    expect(JSON.stringify(sink.spans)).not.toContain('secret')
  }
})

const IOREDIS = `import Redis from 'ioredis'
async function main(): Promise<void> {
  const redis = new Redis(Number(process.env.REDIS_PORT), '127.0.0.1')
  await inRequest(async () => {
    await redis.set('user:anna', 'a secret')
    await redis.get('user:anna')
  })
  await inRequest(() => redis.pipeline().incr('visits').expire('visits', 60).exec())
  await inRequest(() => redis.lpush('user:anna', '1').catch(() => 'caught'))
  redis.disconnect()
}
${DECLARED}`

test('commands of ioredis 4', async (context) => {
  const aliases = await older(context, 'ioredis', '4.31.0')
  const server = await startRedis(context)
  context.onTestFinished(() => server.stop())
  for (const form of FORMS) {
    const run = await recorded(IOREDIS, { form, aliases, env: { REDIS_PORT: String(server.port) } })
    expect([form, ...statements(run)]).toEqual([form, ['set ? ?', 'get ?'], ['incr ?', 'expire ? ?'], ['lpush ? ?']])
    expect(run.traces[2]?.children[0]?.attributes['error.type']).toBe('ReplyError')
    expect(JSON.stringify(run.sink.spans)).not.toMatch(/anna|secret/)
  }
})

const MYSQL = `import mysql from 'mysql2/promise'
async function main(): Promise<void> {
  const pool = mysql.createPool(JSON.parse(process.env.DB!))
  await inRequest(async () => {
    await pool.query('SELECT ? AS a, "a secret" AS b', ['another'])
    await pool.execute('SELECT ? + 1 AS c', [41])
  })
  await inRequest(() => pool.query('SELECT * FROM missing').catch(() => 'caught'))
  await pool.end()
}
${DECLARED}`

test('statements of mysql2 2', async (context) => {
  const aliases = await older(context, 'mysql2', '2.3.3')
  const server = await startMariaDb(context)
  context.onTestFinished(() => server.stop())
  const { host, port, user, password, database } = server
  const env = { DB: JSON.stringify({ host, port, user, password, database }) }
  for (const form of FORMS) {
    const run = await recorded(MYSQL, { form, aliases, env })
    expect([form, ...statements(run)]).toEqual([form, ['SELECT ? AS a, ? AS b', 'SELECT ? + ? AS c'], ['SELECT * FROM missing']])
    expect(JSON.stringify(run.sink.spans)).not.toMatch(/secret|another/)
  }
})

const statements = ({ traces }: Recorded): unknown[] =>
  traces.map(({ children }) => children.flatMap(({ attributes }) => attributes['db.query.text'] ?? []))
const WS = `import http from 'node:http'
import WebSocket from 'ws'
const server = http.createServer()
const sockets = new (WebSocket as any).Server({ server })
sockets.on('connection', (socket: any) => {
  socket.on('message', async () => { await null; sql('message'); socket.close() })
})
async function main(): Promise<void> {
  await withServer(server, async (url) => {
    const client = new WebSocket(url.replace('http', 'ws') + '/chat/42')
    client.on('open', () => client.send('hello'))
    await new Promise((resolve) => client.on('close', resolve))
  })
}
${DECLARED}`

test('connections and messages of ws 7', async (context) => {
  const aliases = await older(context, 'ws', '7.5.14')
  for (const form of FORMS) {
    const run = await recorded(WS, { form, aliases, env: { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'http-client' } })
    expect([form, ...shown(run)]).toEqual([
      form,
      ['GET /chat/{id}', undefined, 0],
      ['connection /chat/{id}', undefined, 0],
      ['message /chat/{id}', undefined, 1],
    ])
  }
})
