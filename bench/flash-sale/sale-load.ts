/** Buyers of the sale, each with a session and an address of its own: all sign in, then all want the same within a few seconds, and a refused one comes again. */
import { type Answer, atRate, OpenClient } from '../open-client.ts'

export interface SalePlan {
  readonly buyers: number
  /** In which all come for the first time. */
  readonly ms: number
}

export interface SaleOutcome {
  /** Milliseconds of each answer that told a buyer what became of the wish: an order, or that all are sold. */
  readonly told: readonly number[]
  /** Told to have an order. */
  readonly orders: number
  readonly refused: number
  /** No connection was free, it broke off, or the server failed. */
  readonly failed: number
}

const SIGNING_IN = 32
const MAX_ATTEMPTS = 3
const DRAIN_MS = 15_000

/** As a proxy in front says it. */
const addressOf = (buyer: number): string => `10.${buyer >> 16}.${(buyer >> 8) & 255}.${buyer & 255}`

const requestOf = (path: string, buyer: number, cookie: string): string =>
  `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nx-forwarded-for: ${addressOf(buyer)}\r\ncontent-length: 0\r\n${cookie}\r\n`

const answerTo = (client: OpenClient, request: string): Promise<Answer | undefined> =>
  new Promise((resolve) => client.send(request, performance.now(), resolve))

/** The Cookie field of each buyer. */
export async function signIn(port: number, buyers: number): Promise<readonly string[]> {
  const client = new OpenClient(port)
  const cookies: string[] = []
  let next = 0
  const some = async (): Promise<void> => {
    for (let buyer = next++; buyer < buyers; buyer = next++) cookies[buyer] = await cookieOf(client, buyer)
  }
  await Promise.all(Array.from({ length: SIGNING_IN }, some))
  await client.close(0)
  return cookies
}

async function cookieOf(client: OpenClient, buyer: number): Promise<string> {
  for (;;) {
    const answer = await answerTo(client, requestOf(`/sign-in?name=b${buyer}`, buyer, ''))
    const cookie = /\r\nset-cookie: ([^;\r]+)/i.exec(answer?.text ?? '')?.[1]
    if (cookie !== undefined) return `cookie: ${cookie}\r\n`
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

export async function runSale(port: number, cookies: readonly string[], { buyers, ms }: SalePlan): Promise<SaleOutcome> {
  const client = new OpenClient(port)
  const told: number[] = []
  let [orders, refused, failed, underWay] = [0, 0, 0, buyers]

  function attempt(buyer: number, due: number, number: number): void {
    client.send(requestOf('/buy', buyer, cookies[buyer]!), due, (answer) => {
      const status = answer?.status ?? 0
      if (status === 410 || status === 200 || status === 202) {
        told.push(answer!.ms)
        if (status !== 410) orders++
        underWay--
        return
      }
      if (status === 503 || status === 429 || status === 409) refused++
      else failed++
      if (number === MAX_ATTEMPTS) underWay--
      else later(answer, (at) => attempt(buyer, at, number + 1))
    })
  }

  await atRate({ perSecond: (buyers * 1000) / ms, ms }, (at, due) => attempt(at, due, 1))
  const end = performance.now() + DRAIN_MS
  while (underWay > 0 && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 50))
  await client.close(0)
  return { told, orders, refused, failed }
}

/** When the server asked for, spread over half a second. */
function later(answer: Answer | undefined, then: (due: number) => void): void {
  const seconds = Number(/\r\nretry-after: (\d+)/i.exec(answer?.text ?? '')?.[1] ?? 1)
  const ms = seconds * 1000 + Math.random() * 500
  const due = performance.now() + ms
  setTimeout(() => then(due), ms)
}
