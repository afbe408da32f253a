/** The sale: what buyers may ask of it, and what is in their way. */
import type { ServerResponse } from 'node:http'
import type { ApplicationContext, Session, Sessions } from '@spyglass/runtime/application'
import { type BuyerRequest, openGuards, passed } from './guards.ts'
import { Ledger } from './ledger.ts'
import { OrderDesk } from './order-desk.ts'
import { Stock } from './stock.ts'

export type { BuyerRequest } from './guards.ts'

/** Status and body. */
export type Answer = readonly [status: number, body: Readonly<Record<string, unknown>>]

const ITEMS = 100
const MAX_NAME = 64
const NOT_SIGNED_IN: Answer = [401, { error: 'sign in first' }]
const SOLD_OUT: Answer = [410, { error: 'all items are sold' }]

interface Parts {
  readonly ledger: Ledger
  readonly sessions: Sessions
  readonly stock: Stock
  readonly desk: OrderDesk
  readonly guards: ReturnType<typeof openGuards>
  readonly isProtected: boolean
}

/** Opens it, or says what it lacks: an application that is deployed before its resources are there shows its page meanwhile. */
export async function openSale(context: ApplicationContext, { isProtected }: { readonly isProtected: boolean }): Promise<Sale | string> {
  const { logger } = context
  try {
    const ledger = new Ledger(context.datasource('sale'))
    const parts = { ledger, sessions: context.session('buyers'), guards: isProtected ? openGuards() : [], isProtected }
    await ledger.open(ITEMS)
    const failed = (error: unknown): void => logger.warn({ err: error }, 'the sale cannot reach its database')
    const sale = new Sale({ ...parts, stock: new Stock(() => ledger.left()), desk: new OrderDesk(ledger, failed) })
    sale.begin()
    return sale
  } catch (error) {
    if (!isMissing(error)) throw error
    logger.warn({ err: error }, 'the sale is not open yet')
    return `the sale is not open yet: ${error.message}`
  }
}

const MISSING: ReadonlySet<unknown> = new Set(['SPY_DATASOURCE_UNKNOWN', 'SPY_SESSION_NAME_UNKNOWN', 'SPY_RATE_LIMIT_UNKNOWN'])
const isMissing = (error: unknown): error is Error => error instanceof Error && 'code' in error && MISSING.has(error.code)

export class Sale {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  begin(): void {
    this.#parts.desk.look() // what an instance had before it when it was killed
  }

  async close(): Promise<void> {
    this.#parts.stock.stop()
    await this.#parts.desk.stop()
  }

  async left(): Promise<number> {
    const { isProtected, stock, ledger } = this.#parts
    return await (isProtected ? stock : ledger).left().catch(comeBack)
  }

  /** A name is enough here. The session gets a new id: one that was planted before is worth nothing. */
  async signIn(request: BuyerRequest, response: ServerResponse): Promise<Answer> {
    const name = new URL(request.url ?? '/', 'http://sale').searchParams.get('name') ?? ''
    if (name === '' || name.length > MAX_NAME) return [400, { error: `a name has 1 to ${MAX_NAME} characters` }]
    const session = await this.#sessionOf(request, response)
    await session.regenerate()
    session.data['account'] = name
    return [200, { account: name }]
  }

  async buy(request: BuyerRequest, response: ServerResponse): Promise<Answer | 'answered'> {
    const { isProtected, guards, ledger } = this.#parts
    if (isProtected && (await this.left()) === 0) return SOLD_OUT // of thousands, nearly all: it costs neither session nor database
    const account = await this.#accountOf(request, response)
    if (account === undefined) return NOT_SIGNED_IN
    request.account = account
    if (!(await passed(guards, request, response))) return 'answered'
    return this.#answerTo(await ledger.buy(account).catch(comeBack))
  }

  /** The order is done after the answer: 202. */
  #answerTo(purchase: Awaited<ReturnType<Ledger['buy']>>): Answer {
    const { stock, desk } = this.#parts
    if (purchase === 'sold out') {
      stock.soldOut()
      return SOLD_OUT
    }
    if (!purchase.isKnown) desk.look()
    return [purchase.isKnown ? 200 : 202, { order: purchase.order }]
  }

  async orderOf(request: BuyerRequest, response: ServerResponse): Promise<Answer> {
    const account = await this.#accountOf(request, response)
    if (account === undefined) return NOT_SIGNED_IN
    const order = await this.#parts.ledger.orderOf(account).catch(comeBack)
    return order ? [200, { order: order.id, state: order.state }] : [404, { error: 'you have no order' }]
  }

  #sessionOf(request: BuyerRequest, response: ServerResponse): Promise<Session> {
    return this.#parts.sessions.of(request, response)
  }

  async #accountOf(request: BuyerRequest, response: ServerResponse): Promise<string | undefined> {
    const { account } = (await this.#sessionOf(request, response)).data
    return typeof account === 'string' ? account : undefined
  }
}

/** A database that is away, or a commit with an unknown outcome, is a reason to come back: a purchase that is repeated gets the order that is there. */
function comeBack(error: unknown): never {
  throw Object.assign(error instanceof Error ? error : new Error(String(error)), { statusCode: 503, headers: { 'retry-after': '2' } })
}
