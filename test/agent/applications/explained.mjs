// Statements without an index, and statements that take as long as they are told, by pg and mysql2.
import http from 'node:http'
import mysql from 'mysql2/promise'
import pg from 'pg'

const NOTE = "note = 'planted-literal' AND total > "
const { PGPORT, MYSQL_PORT } = process.env
const pgPool = PGPORT && new pg.Pool({ host: '127.0.0.1', user: 'spyglass', database: 'postgres', max: 1 })
const mysqlOptions = { host: '127.0.0.1', port: Number(MYSQL_PORT), user: 'spyglass', password: 'not-a-secret', database: 'shop' }
const mysqlPool = MYSQL_PORT && mysql.createPool({ ...mysqlOptions, connectionLimit: 1 })
const ORDERS = 'CREATE TABLE IF NOT EXISTS orders (id int PRIMARY KEY, note varchar(40), total int)'
await pgPool?.query(ORDERS)
await pgPool?.query('CREATE TEMPORARY TABLE passing (id int)')
await mysqlPool?.query(ORDERS)

const routes = {
  '/pg': () => pgPool.query(`SELECT id FROM orders WHERE ${NOTE}$1;`, [77123456]),
  '/pg-many': () => pgPool.query('SELECT id FROM orders WHERE total > 5; SELECT 2'),
  '/pg-temporary': () => pgPool.query('SELECT id FROM passing WHERE id > 5'),
  '/pg-write': () => pgPool.query('DELETE FROM orders WHERE total > 5'),
  '/pg-sleep': () => pgPool.query('SELECT pg_sleep($1::float)', [1000]),
  '/mysql': () => mysqlPool.query(`SELECT id FROM orders WHERE ${NOTE}?`, [77123456]),
  '/mysql-prepared': () => mysqlPool.execute(`SELECT id, note FROM orders WHERE ${NOTE}?`, [77123456]),
  '/mysql-sleep': () => mysqlPool.query('SELECT SLEEP(?)', [1000]),
}

function told(ended, response) {
  if (response.destroyed) process.send({ ended })
  response.end(ended)
}

const server = http.createServer((request, response) => {
  routes[request.url]().then(
    () => told('done', response),
    (error) => told(error.code, response),
  )
})
// An operator changes settings, or cancels what waits for a statement.
process.on('message', ({ configure }) => {
  const agent = globalThis[Symbol.for('spyglass.agent')]
  if (configure) {
    agent.configure(configure)
    process.send({ configured: true })
    return
  }
  const waiting = agent.runningRequests().filter(({ waitsFor }) => waitsFor.includes('SLEEP') || waitsFor.includes('pg_sleep'))
  process.send({ cancelled: waiting.map(({ id }) => agent.cancelRequest(id)) })
})
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
