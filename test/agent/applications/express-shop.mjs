// An application as many are: Express, mysql2, Redis. It knows nothing of the agent.
import express from 'express'
import { Redis } from 'ioredis'
import mysql from 'mysql2/promise'

const pool = mysql.createPool(JSON.parse(process.env.DB))
const cache = new Redis(Number(process.env.REDIS_PORT), '127.0.0.1')
await pool.query('CREATE TABLE product (id INT PRIMARY KEY, name VARCHAR(40), stock INT)')
await pool.query("INSERT INTO product VALUES (1, 'teapot', 3), (2, 'kettle', 0)")

const products = express.Router()
products.get('/', async (request, response) => {
  const [rows] = await pool.query('SELECT id, name FROM product ORDER BY id')
  response.json(rows)
})
products.get('/:id', async (request, response) => {
  const key = `product:${request.params.id}`
  const cached = await cache.get(key)
  if (cached) return response.json(JSON.parse(cached))
  const [[product]] = await pool.execute('SELECT id, name, stock FROM product WHERE id = ?', [request.params.id])
  if (!product) return response.status(404).json({ error: 'no such product' })
  await cache.set(key, JSON.stringify(product), 'EX', 60)
  return response.json(product)
})

const app = express()
app.use(express.json())
app.use('/products', products)
app.post('/orders', async (request, response) => {
  const connection = await pool.getConnection()
  try {
    await connection.beginTransaction()
    const [{ affectedRows }] = await connection.query('UPDATE product SET stock = stock - 1 WHERE id = ? AND stock > 0', [
      request.body.product,
    ])
    if (affectedRows === 0) throw new RangeError(`product ${request.body.product} is sold out`)
    await connection.commit()
    response.status(201).json({ ordered: request.body.product })
  } catch (error) {
    await connection.rollback()
    throw error
  } finally {
    connection.release()
  }
})
app.get('/report', async (request, response) => {
  const [rows] = await pool.query('SELECT * FROM report_that_nobody_made')
  response.json(rows)
})
app.use((error, request, response, _next) => {
  response.status(500).json({ error: error.message })
})

const server = app.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
async function stop() {
  await new Promise((resolve) => server.close(resolve))
  await Promise.all([pool.end(), cache.quit()])
  console.log('closed')
  process.disconnect()
}
process.once('message', () => void stop())
