/** The shop's deliberate faults: each shows one thing that an operator meets in real applications. */
import type { Datasource, LentConnection } from '@spyglass/runtime/application'
import type { FastifyInstance } from 'fastify'

const MAX_LEAKED_AT_ONCE = 100

export function addFaults(app: FastifyInstance, shop: Datasource): void {
  addReport(app, shop)
  addSlow(app, shop)
  addLeak(app, shop)

  app.get('/error', () => {
    throw new TypeError('the price of nothing was asked for')
  })

  // The promise never settles: the client, or the server's own time limit, has to end it.
  app.get('/never', () => new Promise(() => undefined))
}

/** One slow statement: the ids are compared as text, so that no index helps and every line is compared with every other. */
function addReport(app: FastifyInstance, shop: Datasource): void {
  app.get('/report', async () => {
    const pairs = await shop.query(`
      WITH line AS (SELECT purchase_id, product_id FROM purchase_line ORDER BY rowid DESC LIMIT 2800)
      SELECT a.product_id AS product, b.product_id AS boughtWith, count(*) AS times
      FROM line a JOIN line b ON CAST(a.purchase_id AS TEXT) = CAST(b.purchase_id AS TEXT) || '' AND a.product_id < b.product_id
      GROUP BY a.product_id, b.product_id ORDER BY times DESC LIMIT 10`)
    return { pairs }
  })
}

/** A slow route without a slow statement: it asks for each category by itself, one after the other. */
function addSlow(app: FastifyInstance, shop: Datasource): void {
  app.get('/slow', async () => {
    const categories = await shop.query<{ id: number; name: string }>('SELECT id, name FROM category ORDER BY id')
    const revenue = []
    for (const { id, name } of categories) {
      const [sum] = await shop.query<{ cents: number }>(
        `WITH RECURSIVE day(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM day WHERE n < 2000)
        SELECT sum(quantity * price_cents) / 2000 AS cents
        FROM day CROSS JOIN purchase_line JOIN product ON product.id = product_id WHERE category_id = ?`,
        [id],
      )
      revenue.push({ name, cents: sum?.cents ?? 0 })
    }
    return { revenue }
  })
}

/** Takes connections and forgets to return them, until asked. */
function addLeak(app: FastifyInstance, shop: Datasource): void {
  const kept: LentConnection[] = []

  app.get<{ Querystring: { count?: string } }>('/leak', async ({ query }) => {
    const count = Math.min(MAX_LEAKED_AT_ONCE, Math.max(1, Math.trunc(Number(query.count ?? 1)) || 1))
    for (let i = 0; i < count; i++) {
      const connection = await shop.connect()
      kept.push(connection)
      await connection.query('SELECT id, stock FROM product WHERE stock < 10')
    }
    return { taken: count, kept: kept.length }
  })

  const giveBack = () => {
    const returned = kept.splice(0)
    for (const connection of returned) connection.release()
    return { returned: returned.length }
  }
  app.post('/leak/return', giveBack)
  app.get('/leak/return', giveBack)
}
