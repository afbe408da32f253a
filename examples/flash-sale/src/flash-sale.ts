/**
 * A flash sale. Between a buyer and the database stand, in this order: the admission of the server, a rate limit by address, the stock that is known, the
 * session, a rate limit by account, one request in flight for each account, a queue, and an optimistic update. `FLASH_SALE_PROTECTION=off` leaves out what
 * the application adds to session and update, to show what it is for: also then each item is sold once.
 */
import type { ServerResponse } from 'node:http'
import type { ApplicationContext, ApplicationHandler } from '@spyglass/runtime/application'
import { sendPage } from './page.ts'
import { type Answer, type BuyerRequest, openSale, type Sale } from './sale.ts'

/** An error that a route throws is answered by the server, with the `statusCode` that it has. */
export default async function createFlashSale(context: ApplicationContext): Promise<ApplicationHandler> {
  const sale = await openSale(context, { isProtected: process.env['FLASH_SALE_PROTECTION'] !== 'off' })
  return {
    handler: (request, response) => serve(sale, request, response),
    close: () => (typeof sale === 'string' ? undefined : sale.close()),
  }
}

type Route = (sale: Sale, request: BuyerRequest, response: ServerResponse) => Promise<Answer | 'answered'>

const ROUTES: Readonly<Record<string, Route>> = {
  'GET /stock': async (sale) => [200, { left: await sale.left() }],
  'POST /sign-in': (sale, request, response) => sale.signIn(request, response),
  'POST /buy': (sale, request, response) => sale.buy(request, response),
  'GET /order': (sale, request, response) => sale.orderOf(request, response),
}

/** `sale`: or why it is not open. */
async function serve(sale: Sale | string, request: BuyerRequest, response: ServerResponse): Promise<void> {
  const name = `${request.method} ${request.url?.split('?', 1)[0]}`
  if (name === 'GET /') return sendPage(request, response)
  if (name === 'GET /health') return send(response, [200, { isOpen: typeof sale !== 'string' }])
  const route = Object.hasOwn(ROUTES, name) ? ROUTES[name] : undefined
  if (!route) return send(response, [404, { error: 'there is nothing here' }])
  if (typeof sale === 'string') return send(response, [503, { error: sale }])
  const answer = await route(sale, request, response)
  if (answer !== 'answered') send(response, answer)
}

function send(response: ServerResponse, [status, body]: Answer): void {
  const text = JSON.stringify(body)
  const fields = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), 'cache-control': 'no-store' }
  response.writeHead(status, fields).end(text)
}
