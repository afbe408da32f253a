/**
 * Gentle traffic for the shop: `node --conditions=spyglass-source traffic.ts --url http://127.0.0.1:8080/shop --rate 5
 * [--requests N] [--seconds S]`. Loopback only, at most 50 requests a second; while the server is down it keeps trying.
 * It ends by itself, on SIGTERM or SIGINT, or with the process that started it.
 */
import { Agent, request } from 'node:http'
import { parseArgs } from 'node:util'

export interface TrafficOptions {
  /** Root of the shop, on a loopback address. */
  readonly url: string
  /** Requests a second: 5 by default, at most 50. */
  readonly rate?: number
  /** Ends after so many requests. */
  readonly requests?: number
  /** Ends after so many seconds: 24 hours by default. */
  readonly seconds?: number
  readonly signal?: AbortSignal
  /** Numbers in [0, 1) that choose the requests. */
  readonly random?: () => number
}

export interface TrafficCounts {
  sent: number
  /** Answered with less than 500. */
  answered: number
  /** Answered with 500 or more. */
  failed: number
  /** Not answered: no server, or too slow. */
  unanswered: number
}

export const MAX_RATE = 50
const MAX_S = 86_400
/** Requests that may be in progress at once: a server that answers nothing is not piled upon. */
const MAX_UNDER_WAY = 20
const TIMEOUT_MS = 10_000

interface Call {
  readonly method: string
  readonly path: string
  readonly body?: string
}

/** Of a thousand requests: 3 fail, 10 run the slow statement, 5 take the slow route, the rest are ordinary. */
export function choose(random: () => number): Call {
  const share = random() * 1000
  const id = 1 + Math.floor(random() * 160)
  if (share < 3) return { method: 'GET', path: '/error' }
  if (share < 13) return { method: 'GET', path: '/report' }
  if (share < 18) return { method: 'GET', path: '/slow' }
  if (share < 320) return { method: 'GET', path: `/products?page=${Math.floor(random() * 8)}` }
  if (share < 740) return { method: 'GET', path: `/products/${id}` }
  if (share < 880) return { method: 'GET', path: '/orders' }
  if (share < 980) return { method: 'POST', path: '/orders', body: JSON.stringify({ customer: 'traffic', productId: id, quantity: 1 }) }
  return { method: 'GET', path: '/' }
}

/** Sends traffic until it has ended; never rejects on account of the server. @throws TypeError for an address beyond this machine */
export async function sendTraffic(options: TrafficOptions): Promise<TrafficCounts> {
  const { requests = Number.POSITIVE_INFINITY, seconds = MAX_S, signal, random = Math.random } = options
  const root = loopbackRoot(options.url)
  const everyMs = 1000 / Math.min(MAX_RATE, Math.max(0.01, options.rate ?? 5))
  const endAt = performance.now() + Math.min(MAX_S, seconds) * 1000
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_UNDER_WAY })
  const counts: TrafficCounts = { sent: 0, answered: 0, failed: 0, unanswered: 0 }
  const underWay = new Set<Promise<void>>()
  const mayGoOn = (): boolean => counts.sent < requests && performance.now() < endAt && !signal?.aborted
  while (mayGoOn()) {
    if (underWay.size < MAX_UNDER_WAY) {
      counts.sent++
      const call = send(root, choose(random), agent, counts).finally(() => underWay.delete(call))
      underWay.add(call)
    }
    await pause(everyMs, signal)
  }
  await Promise.all(underWay)
  agent.destroy()
  return counts
}

function loopbackRoot(url: string): string {
  const { hostname, protocol } = new URL(url)
  if (protocol !== 'http:' || !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)) {
    throw new TypeError(`traffic goes to a loopback address by http only, not to ${url}`)
  }
  return url.replace(/\/+$/, '')
}

function send(root: string, { method, path, body }: Call, agent: Agent, counts: TrafficCounts): Promise<void> {
  return new Promise((resolve) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    let hasAnswer = false
    const outgoing = request(root + path, { method, headers, agent, timeout: TIMEOUT_MS }, (response) => {
      hasAnswer = true
      if ((response.statusCode ?? 500) < 500) counts.answered++
      else counts.failed++
      response.on('error', () => resolve()).on('close', () => resolve())
      response.resume()
    })
    outgoing.on('timeout', () => outgoing.destroy())
    // Only a request without an answer counts here; an answer that breaks off was counted with its status.
    outgoing.on('error', () => {
      if (!hasAnswer) counts.unanswered++
      resolve()
    })
    outgoing.end(body)
  })
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done, { once: true })
  })
}

function readOptions(): TrafficOptions {
  const text = { type: 'string' } as const
  const { values } = parseArgs({ options: { url: text, rate: text, requests: text, seconds: text } })
  const number = (name: 'rate' | 'requests' | 'seconds'): object => {
    const value = values[name] === undefined ? undefined : Number(values[name])
    if (value !== undefined && !(value > 0)) throw new TypeError(`--${name} is a number above 0`)
    return value === undefined ? {} : { [name]: value }
  }
  return { url: values.url ?? 'http://127.0.0.1:8080/shop', ...number('rate'), ...number('requests'), ...number('seconds') }
}

async function main(): Promise<void> {
  const abort = new AbortController()
  for (const event of ['SIGINT', 'SIGTERM', 'disconnect'] as const) process.once(event, () => abort.abort())
  const counts = await sendTraffic({ ...readOptions(), signal: abort.signal })
  process.stdout.write(`${JSON.stringify(counts)}\n`)
  if (process.connected) process.disconnect()
}

if (import.meta.main) await main()
