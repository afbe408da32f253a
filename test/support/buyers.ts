/** Buyers of examples/flash-sale: each is signed in, and wants one item until it has one or is told that none is left. */
import http, { type IncomingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'

interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
  readonly headers: IncomingHttpHeaders
}

/** A refused one lets others go first. */
const PAUSE_MS = 30

export class Buyer {
  readonly name: string
  /** The order that it was told. */
  order: string | undefined
  isToldSoldOut = false
  readonly #url: string
  #cookie = ''

  constructor(url: string, name: string) {
    this.#url = url
    this.name = name
  }

  /** Each request has a connection of its own: one to a killed process would fail as HTTP wants it. */
  async ask(method: string, path: string): Promise<Answer> {
    const headers = this.#cookie === '' ? {} : { cookie: this.#cookie }
    return await new Promise((resolve, reject) => {
      http
        .request(`${this.#url}/${path}`, { method, agent: false, headers }, (response) => {
          const set = response.headers['set-cookie']?.[0]
          if (set !== undefined) this.#cookie = set.split(';', 1)[0]!
          const { statusCode: status = 0, headers: told } = response
          text(response).then((body) => resolve({ status, headers: told, body: JSON.parse(body || '{}') as Answer['body'] }), reject)
        })
        .on('error', reject)
        .end()
    })
  }

  async signIn(): Promise<void> {
    while ((await this.ask('POST', `sign-in?name=${this.name}`).catch(() => undefined))?.status !== 200) await sleep(PAUSE_MS)
  }
}

/** What buyers were answered, by status; 0: not at all. */
export type Answers = Map<number, number>

/** All of them, so many at once, until each has an order or knows that none is left. `onOrder` is told how many have one. */
export async function buy(buyers: readonly Buyer[], atOnce: number, onOrder: (orders: number) => void = () => {}): Promise<Answers> {
  const answers: Answers = new Map()
  const waiting = [...buyers]
  let orders = 0
  const client = async (): Promise<void> => {
    for (let buyer = waiting.shift(); buyer; buyer = waiting.shift()) {
      await oneOf(buyer, answers)
      if (buyer.order !== undefined) onOrder(++orders)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, client))
  return answers
}

/** A broken connection says nothing of the purchase, and neither does a refusal: it is repeated. */
async function oneOf(buyer: Buyer, answers: Answers): Promise<void> {
  while (buyer.order === undefined && !buyer.isToldSoldOut) {
    const answer = await buyer.ask('POST', 'buy').catch(() => undefined)
    const status = answer?.status ?? 0
    answers.set(status, (answers.get(status) ?? 0) + 1)
    if (status === 200 || status === 202) buyer.order = String(answer?.body['order'])
    else if (status === 410) buyer.isToldSoldOut = true
    else await sleep(PAUSE_MS)
  }
}
