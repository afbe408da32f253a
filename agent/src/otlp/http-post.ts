/**
 * Posts bytes over keep-alive connections that never hold the process open. Its requests carry a mark by which the recorder leaves
 * them out: an agent that records its own sending would never come to rest.
 */
import type http from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import process from 'node:process'
import { gzip } from 'node:zlib'
import { guarded } from '../guard/guard.ts'

/** Property of an http.Agent whose requests are the agent's own. */
export const OWN_REQUESTS = Symbol.for('spyglass.ownRequests')

export interface PostResult {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number
  readonly retryAfterMs: number | undefined
}

export interface PosterOptions {
  readonly headers: Readonly<Record<string, string>>
  readonly gzip: boolean
  readonly timeoutMs: number
}

export interface Poster {
  post(url: URL, body: Buffer): Promise<PostResult>
  close(): void
}

export const NO_ANSWER: PostResult = { status: 0, retryAfterMs: undefined }

export function createPoster({ headers, gzip: compress, timeoutMs }: PosterOptions): Poster {
  const agents = new Map<string, http.Agent>()

  function transportFor(url: URL): { request: typeof http.request; agent: http.Agent } {
    // by import, node:http would load all of undici (17 ms), which an application may never need
    const library = process.getBuiltinModule(url.protocol === 'https:' ? 'node:https' : 'node:http')
    let agent = agents.get(url.protocol)
    if (!agent) {
      agent = Object.assign(new library.Agent({ keepAlive: true, maxSockets: 2 }), { [OWN_REQUESTS]: true })
      agents.set(url.protocol, agent)
    }
    return { request: library.request, agent }
  }

  async function post(url: URL, body: Buffer): Promise<PostResult> {
    const payload = compress ? await zipped(body) : body
    const { request, agent } = transportFor(url)
    return new Promise((resolve) => {
      const outgoing = request(url, {
        method: 'POST',
        agent,
        timeout: timeoutMs,
        headers: {
          'content-type': 'application/x-protobuf',
          'content-length': payload.length,
          ...(compress ? { 'content-encoding': 'gzip' } : {}),
          ...headers,
        },
      })
      outgoing.on('error', () => {}) // whatever fails here, its error never reaches the application
      try {
        listen(outgoing, resolve)
        outgoing.end(payload)
      } catch {
        outgoing.destroy() // a request left half made would keep the process open
        resolve(NO_ANSWER)
      }
    })
  }

  return {
    post,
    close() {
      for (const agent of agents.values()) agent.destroy()
    },
  }
}

function listen(outgoing: http.ClientRequest, resolve: (result: PostResult) => void): void {
  // A listener that throws would end the application.
  const hear = (event: string, heard: (subject: unknown) => void): void => {
    outgoing.on(event, guarded('http-post', heard))
  }
  hear('socket', (socket) => (socket as Socket).unref())
  hear('timeout', () => outgoing.destroy())
  hear('error', () => resolve(NO_ANSWER)) // the caller counts it and tries again
  hear('close', () => resolve(NO_ANSWER)) // after an answer this does nothing
  hear('response', (answer) => {
    const response = answer as IncomingMessage
    response.resume()
    resolve({ status: response.statusCode ?? 0, retryAfterMs: retryAfter(response.headers['retry-after']) })
  })
}

function zipped(body: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    gzip(body, { level: 1 }, (error, result) => (error ? reject(error) : resolve(result)))
  })
}

/** RFC 9110 §10.2.3: seconds or a date. */
export function retryAfter(value: string | undefined, nowMs: number = Date.now()): number | undefined {
  if (!value) return undefined
  if (/^\d+$/.test(value)) return Number(value) * 1000
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs)
}
