/** What the shop offers, for people and for programs. */
import type { FastifyInstance } from 'fastify'

export const routes = [
  ['GET', '/products', 'twenty products; ?page=1 for the next'],
  ['GET', '/products/7', 'one product with its reviews: two statements'],
  ['GET', '/orders', 'the latest orders: two statements'],
  ['POST', '/orders', 'places an order, for instance {"productId":7,"quantity":2}: a transaction'],
  ['GET', '/report', 'one slow statement'],
  ['GET', '/slow', 'a slow route: many statements, one after the other'],
  ['GET', '/leak', 'takes a connection and keeps it; ?count=8 takes eight'],
  ['GET', '/leak/return', 'returns them all (POST as well)'],
  ['GET', '/error', 'fails with 500'],
  ['GET', '/never', 'never answers'],
  ['GET', '/health', 'says that the shop is up'],
] as const

export function addIndexPage(app: FastifyInstance, contextPath: string): void {
  const list = routes.map(([method, path, what]) => ({ method, path: contextPath + path, what }))
  const page = html(list)
  app.get('/', async ({ headers }, reply) =>
    headers.accept?.includes('text/html') ? reply.type('text/html; charset=utf-8').send(page) : { shop: 'Spyglass sample', routes: list },
  )
  app.get('/health', () => ({ status: 'ok' }))
}

const html = (list: readonly { method: string; path: string; what: string }[]): string => `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Shop</title>
<style>body{font:16px/1.5 system-ui;max-width:44rem;margin:3rem auto;padding:0 1rem}td{padding:.2rem .8rem .2rem 0}</style>
<h1>Shop</h1><p>The sample application of Spyglass, with a few faults on purpose.</p><table>
${list.map(({ method, path, what }) => `<tr><td>${method}<td>${method === 'GET' ? `<a href="${path}">${path}</a>` : path}<td>${what}`).join('\n')}
</table></html>
`
