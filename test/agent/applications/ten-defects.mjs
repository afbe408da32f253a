// Ten ways to be slow. A comment at the end of a line names the defect that is to be found there.
import { Resolver } from 'node:dns'
import { EventEmitter, once } from 'node:events'
import { existsSync } from 'node:fs'
import http from 'node:http'
import pg from 'pg'

const { UPSTREAM_PORT, DNS_PORT, GO_ON } = process.env
const pool = new pg.Pool({ max: 6 })
const narrow = new pg.Pool({ max: 1 })
const leaky = new pg.Pool({ max: 1, connectionTimeoutMillis: 700 })
const moments = new EventEmitter()
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

await pool.query(`CREATE TABLE orders AS SELECT id, 'customer ' || id AS customer FROM generate_series(1, 80) AS id`)
await pool.query(`CREATE TABLE line AS SELECT id, id % 80 AS order_id, repeat('x', 200) AS note FROM generate_series(1, 60000) AS id`)
await pool.query('CREATE TABLE account AS SELECT 1 AS id, 0 AS balance')

/** Until the test has seen it. */
function computePrimes() {
  let found = 0
  while (!existsSync(GO_ON)) for (let at = 0; at < 100_000; at++) found += Math.sqrt(at) % 7 // CPU loop
  return found
}

function collectRows() {
  const rows = []
  for (let at = 0; at < 700_000; at++) rows.push({ at, name: `row ${at}`, more: [at, at + 1] }) // GC pressure
  return rows.length
}

const report = Array.from({ length: 50_000 }, (_, at) => ({ at, name: `name ${at}`, lines: [{ price: at / 7, text: 'x'.repeat(20) }] }))
function answerOf(times) {
  let size = 0
  for (let at = 0; at < times; at++) size += JSON.stringify(report).length // large JSON
  return size
}

const resolver = new Resolver()
resolver.setServers([`127.0.0.1:${DNS_PORT}`])

/** As `net` asks: `lookup` of a client that asks a name server itself. */
function lookup(host, options, callback) {
  resolver.resolve4(host, (error, addresses) => {
    const found = addresses?.map((address) => ({ address, family: 4 }))
    callback(error, options.all ? found : addresses?.[0], 4)
  })
}

const routes = {
  async '/n-plus-one'() {
    const { rows } = await pool.query('SELECT id FROM orders')
    for (const { id } of rows) await pool.query('SELECT customer, pg_sleep(0.004) FROM orders WHERE id = $1', [id]) // N+1
  },
  async '/missing-index'() {
    for (let at = 0; at < 4; at++) await pool.query('SELECT count(*) FROM line WHERE order_id = $1 AND note LIKE $2', [at, '%y%']) // missing index
  },
  async '/holds-the-pool'() {
    const held = narrow.query('SELECT pg_sleep(0.9) AS held') // holds the pool
    process.send('held')
    await held
  },
  async '/waits-for-the-pool'() {
    await narrow.query('SELECT 1 AS waited') // pool wait
  },
  async '/slow-dependency'() {
    await (await fetch(`http://127.0.0.1:${UPSTREAM_PORT}/slow`)).text() // slow dependency
  },
  async '/victim'() {
    process.send('victim waits')
    await once(moments, 'computed')
  },
  async '/computes'() {
    computePrimes()
    moments.emit('computed')
  },
  async '/collects'() {
    collectRows()
  },
  async '/locks'() {
    const client = await pool.connect()
    await client.query('BEGIN')
    await client.query('UPDATE account SET balance = balance + 1 WHERE id = 1')
    process.send('locked')
    await once(moments, 'asked')
    await pause(700)
    await client.query('COMMIT')
    client.release()
  },
  async '/locked'() {
    setTimeout(() => moments.emit('asked'), 1)
    await pool.query('UPDATE account SET balance = balance - 1 WHERE id = 1') // lock in the database
  },
  async '/leaks'() {
    const client = await leaky.connect()
    await client.query('SELECT 1 AS never_returned') // leak
  },
  async '/starves'() {
    await leaky.query('SELECT 2 AS starved').catch(() => {})
  },
  async '/slow-dns'() {
    const request = http.get({ host: 'orders.internal', port: UPSTREAM_PORT, path: '/fast', lookup }) // slow DNS
    const [response] = await once(request, 'response')
    await once(response.resume(), 'end')
  },
  async '/large-json'() {
    answerOf(4)
  },
}

const server = http.createServer((request, response) =>
  routes[request.url]().then(
    () => response.end(),
    (error) => response.writeHead(500).end(String(error)),
  ),
)
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
process.send({ port: server.address().port })
