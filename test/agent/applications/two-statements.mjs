// Each request makes two statements through a pool that is far smaller than the load.
import Fastify from 'fastify'
import pg from 'pg'

const pool = new pg.Pool({ host: '127.0.0.1', port: Number(process.env.PGPORT), user: 'spyglass', database: 'postgres', max: 4 })
const app = Fastify()

app.get('/pair/:id', async (request) => {
  const id = Number(request.params.id)
  const first = await pool.query('SELECT $1::int AS id, pg_sleep(0.002)', [id])
  const second = await pool.query({ text: 'SELECT $1::int + 0 AS again', values: [id] })
  return { first: first.rows[0].id, second: second.rows[0].again }
})

app.get('/callback/:id', (request, reply) => {
  pool.query('SELECT 7 AS seven', (error, result) => {
    void reply.send(error ?? result.rows[0])
  })
})

app.get('/transaction', async () => {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    await client.query("SELECT 'a secret' AS hidden, 42 AS answer")
    await client.query('COMMIT')
  } finally {
    client.release()
  }
  return 'done'
})

app.get('/wrong', async () => pool.query('SELECT * FROM no_such_table'))

app.get('/slow', async () => {
  for (let turn = 0; turn < 3; turn++) await pool.query('SELECT pg_sleep($1::float)', [turn === 2 ? 0.15 : 0])
  return 'slow'
})

await app.listen({ port: 0, host: '127.0.0.1' })
process.send({ port: app.server.address().port })
async function stop() {
  await app.close()
  await pool.end()
  process.disconnect()
}
process.on('message', () => void stop())
