/** One POST to a receiver, over its proxy and with its authorities. Redirects are not followed, and nothing is kept open. */
import { readFileSync } from 'node:fs'
import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import type { LookupFunction } from 'node:net'
import { getCACertificates } from 'node:tls'
import type { ReceiverConfig } from '@spyglass/process/config'
import { guardedLookup, requireExternal, requireExternalName } from './internal-address.ts'

export interface Post {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

export interface Answer {
  readonly status: number
  /** As the receiver wrote it. */
  readonly retryAfter?: string
  /** The beginning of its body. */
  readonly text: string
}

/** Enough for what a receiver says about a page. */
const MAX_ANSWER_BYTES = 16_384

/** @throws SPY_RECEIVER_INTERNAL, and what the connection fails with */
export async function post({ url: text, headers, body }: Post, receiver: ReceiverConfig, signal: AbortSignal): Promise<Answer> {
  const url = new URL(text)
  await requireAllowed(receiver, url)
  const { request, Agent } = url.protocol === 'https:' ? https : http
  const agent = new Agent(connectionOptions(receiver))
  try {
    return await new Promise((resolve, reject) => {
      const length = { 'content-length': String(Buffer.byteLength(body)) }
      const outgoing = request(url, { method: 'POST', agent, headers: { ...headers, ...length }, signal })
      outgoing.on('error', reject)
      outgoing.on('response', (response) => resolve(answerOf(response)))
      outgoing.end(body)
    })
  } finally {
    agent.destroy()
  }
}

/** The receiver's authorities beside those of Node; undefined without them. */
export const authoritiesOf = ({ authorities }: ReceiverConfig): string[] | undefined =>
  authorities === undefined ? undefined : [...getCACertificates('default'), readFileSync(authorities, 'utf8')]

/** How the connection looks up what it leads to: with a proxy that is the proxy. */
export function lookupOf({ name, guarded = [], proxy }: ReceiverConfig): LookupFunction | undefined {
  return guarded.includes(proxy === undefined ? 'url' : 'proxy') ? guardedLookup(name) : undefined
}

/** @throws SPY_RECEIVER_INTERNAL */
export async function requireAllowed({ name, guarded = [], proxy }: ReceiverConfig, { hostname }: URL): Promise<void> {
  if (proxy !== undefined && guarded.includes('proxy')) requireExternal(name, new URL(proxy).hostname)
  if (!guarded.includes('url')) return
  if (proxy === undefined) requireExternal(name, hostname)
  else await requireExternalName(name, hostname)
}

function connectionOptions(receiver: ReceiverConfig): https.AgentOptions {
  const { proxy } = receiver
  const [ca, lookup] = [authoritiesOf(receiver), lookupOf(receiver)]
  return {
    keepAlive: false,
    ...(proxy === undefined ? {} : { proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } }),
    ...(ca === undefined ? {} : { ca }),
    ...(lookup === undefined ? {} : { lookup }),
  }
}

/** What was accepted stays accepted, however its body ends: sent again, the page would come twice. */
async function answerOf(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      if ((bytes += chunk.length) >= MAX_ANSWER_BYTES) break // the rest is not read
    }
  } catch {
    // the time is over, or the connection: the status says what became of the page
  }
  const retryAfter = response.headers['retry-after']
  const status = response.statusCode ?? 0
  return { status, ...(retryAfter === undefined ? {} : { retryAfter }), text: Buffer.concat(chunks).toString().slice(0, MAX_ANSWER_BYTES) }
}
