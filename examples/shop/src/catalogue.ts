/** Products: what every visitor looks at. */
import type { Datasource } from '@spyglass/runtime/application'
import type { FastifyInstance } from 'fastify'

interface Product {
  readonly id: number
  readonly name: string
  readonly priceCents: number
}

export function addCatalogue(app: FastifyInstance, shop: Datasource): void {
  app.get<{ Querystring: { page?: string } }>('/products', async ({ query }) => {
    const page = Math.max(0, Math.trunc(Number(query.page ?? 0)) || 0)
    const products = await shop.query<Product>(
      'SELECT id, name, price_cents AS priceCents FROM product WHERE stock > 0 ORDER BY name LIMIT 20 OFFSET ?',
      [page * 20],
    )
    return { page, products }
  })

  app.get<{ Params: { id: string } }>('/products/:id', async ({ params }, reply) => {
    const id = Number(params.id)
    if (!Number.isSafeInteger(id)) return reply.code(400).send({ error: 'the id of a product is a number' })
    const [product] = await shop.query<Product>('SELECT id, name, price_cents AS priceCents FROM product WHERE id = ?', [id])
    if (!product) return reply.code(404).send({ error: `there is no product ${id}` })
    const reviews = await shop.query('SELECT stars, words FROM review WHERE product_id = ? ORDER BY id DESC LIMIT 5', [id])
    return { ...product, reviews }
  })
}
