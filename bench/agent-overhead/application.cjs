// The measured application: a plain route, one with two statements, two that call another service. It is CommonJS, because the stock
// SDK's instrumentations see everything there.
const http = require('node:http')
const { fastify } = require('fastify')
const { Pool } = require('pg')

async function main() {
  const app = fastify()
  app.get('/hello', async () => ({ hello: 'world' }))
  if (process.env.PGPORT) {
    const pool = new Pool({ host: '127.0.0.1', port: Number(process.env.PGPORT), user: 'spyglass', database: 'postgres', max: 10 })
    app.get('/db', async () => {
      const first = await pool.query('SELECT $1::int AS a', [1])
      const second = await pool.query('SELECT $1::int AS b', [2])
      return { sum: first.rows[0].a + second.rows[0].b }
    })
  }
  app.get('/fetch', async () => (await fetch(process.env.UPSTREAM)).json())
  app.get(
    '/http',
    () =>
      new Promise((resolve, reject) => {
        const read = (answer) =>
          answer
            .setEncoding('utf8')
            .toArray()
            .then((parts) => resolve(JSON.parse(parts.join(''))), reject)
        http.get(process.env.UPSTREAM, read).on('error', reject)
      }),
  )
  await app.listen({ port: 0, host: '127.0.0.1' })
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send({ cpuUs: user + system, rssBytes: process.memoryUsage.rss() })
  })
  process.send({ port: app.server.address().port, rssBytes: process.memoryUsage.rss() })
}

void main()
