// The measured application. It is CommonJS, because the stock SDK's instrumentations see everything there. BENCH_FRAMEWORK says which framework serves
// `/hello`; Fastify also has routes with two statements, with one command, and two that call another service.
const http = require('node:http')

async function main() {
  const { BENCH_FRAMEWORK = 'fastify' } = process.env
  const server = await { fastify: startFastify, express: startExpress, koa: startKoa }[BENCH_FRAMEWORK]()
  process.on('message', (what) => {
    const { user, system } = process.cpuUsage()
    if (what === 'collect') globalThis.gc?.()
    process.send({ cpuUs: user + system, rssBytes: process.memoryUsage.rss(), heapBytes: process.memoryUsage().heapUsed })
  })
  process.send({ port: server.address().port, rssBytes: process.memoryUsage.rss() })
}

const listening = (app) =>
  new Promise((resolve) => {
    const server = app.listen(0, '127.0.0.1', () => resolve(server))
  })

function startExpress() {
  const app = require('express')()
  app.get('/hello', (_request, response) => void response.json({ hello: 'world' }))
  return listening(app)
}

function startKoa() {
  const app = new (require('koa'))()
  const router = new (require('@koa/router'))()
  router.get('/hello', (context) => void (context.body = { hello: 'world' }))
  return listening(app.use(router.routes()))
}

async function startFastify() {
  const app = require('fastify').fastify()
  const { PGPORT, BENCH_MYSQL, BENCH_REDIS } = process.env
  app.get('/hello', async () => ({ hello: 'world' }))
  if (PGPORT) addPostgres(app, Number(PGPORT))
  if (BENCH_MYSQL) addMysql(app, JSON.parse(BENCH_MYSQL))
  if (BENCH_REDIS) addRedis(app, Number(BENCH_REDIS))
  app.get('/fetch', async () => (await fetch(process.env.UPSTREAM)).json())
  app.get('/http', callByHttp)
  await app.listen({ port: 0, host: '127.0.0.1' })
  return app.server
}

function addPostgres(app, port) {
  const { Pool } = require('pg')
  const pool = new Pool({ host: '127.0.0.1', port, user: 'spyglass', database: 'postgres', max: 10 })
  app.get('/db', async () => {
    const first = await pool.query('SELECT $1::int AS a', [1])
    const second = await pool.query('SELECT $1::int AS b', [2])
    return { sum: first.rows[0].a + second.rows[0].b }
  })
}

function addMysql(app, connection) {
  const pool = require('mysql2/promise').createPool({ ...connection, connectionLimit: 10 })
  app.get('/mysql', async () => {
    const [first] = await pool.query('SELECT 1 AS a')
    const [second] = await pool.query('SELECT 2 AS b')
    return { sum: first[0].a + second[0].b }
  })
}

function addRedis(app, port) {
  const redis = new (require('ioredis').Redis)(port, '127.0.0.1')
  app.get('/redis', async () => ({ value: await redis.get('key') }))
}

function callByHttp() {
  return new Promise((resolve, reject) => {
    const read = (answer) =>
      answer
        .setEncoding('utf8')
        .toArray()
        .then((parts) => resolve(JSON.parse(parts.join(''))), reject)
    http.get(process.env.UPSTREAM, read).on('error', reject)
  })
}

void main()
