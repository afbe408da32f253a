/** Orders: read with two statements, placed in a transaction. */
import type { Datasource, LentConnection } from '@spyglass/runtime/application'
import type { FastifyInstance } from 'fastify'

interface NewOrder {
  readonly customer?: string
  readonly productId?: number
  readonly quantity?: number
}

/** A shop that is left running must not fill the disk. */
const PURCHASES_KEPT = 5000

export function addOrders(app: FastifyInstance, shop: Datasource): void {
  app.get('/orders', async () => {
    const orders = await shop.query(
      'SELECT id, customer, placed_at AS placedAt, total_cents AS totalCents FROM purchase ORDER BY id DESC LIMIT 10',
    )
    const [sum] = await shop.query('SELECT count(*) AS orders, sum(total_cents) AS totalCents FROM purchase')
    return { ...sum, latest: orders }
  })

  app.post<{ Body: NewOrder | undefined }>('/orders', async ({ body }, reply) => {
    const { customer = 'guest', productId = 1, quantity = 1 } = body ?? {}
    if (!Number.isSafeInteger(productId) || !Number.isSafeInteger(quantity) || quantity < 1 || quantity > 100) {
      return reply.code(400).send({ error: 'productId and quantity (1 to 100) are whole numbers' })
    }
    const id = await shop.transaction((connection) => place(connection, { customer, productId, quantity }))
    if (id === undefined) return reply.code(404).send({ error: `there is no product ${productId}` })
    return reply.code(201).send({ id })
  })
}

async function place(connection: LentConnection, { customer, productId, quantity }: Required<NewOrder>): Promise<number | undefined> {
  const [product] = await connection.query<{ price: number }>('SELECT price_cents AS price FROM product WHERE id = ?', [productId])
  if (!product) return undefined
  const { lastInsertRowid } = await connection.execute(
    "INSERT INTO purchase (customer, placed_at, total_cents) VALUES (?, datetime('now'), ?)",
    [customer, product.price * quantity],
  )
  const id = Number(lastInsertRowid)
  await connection.execute('INSERT INTO purchase_line (purchase_id, product_id, quantity) VALUES (?, ?, ?)', [id, productId, quantity])
  await connection.execute('DELETE FROM purchase_line WHERE purchase_id <= ?', [id - PURCHASES_KEPT])
  await connection.execute('DELETE FROM purchase WHERE id <= ?', [id - PURCHASES_KEPT])
  return id
}
